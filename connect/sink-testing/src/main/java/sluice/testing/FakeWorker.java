package sluice.testing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.apache.kafka.connect.sink.SinkTaskContext;

/** Stand-in for a Connect worker: a task's context, a dead letter queue. */
public final class FakeWorker {
    public static final long NO_TIMEOUT = -1;

    /** Dead letters, and the reason of each. */
    public final List<SinkRecord> reported = new ArrayList<>();
    public final List<String> reasons = new ArrayList<>();
    /** What the dead letter queue answers. */
    public Future<Void> reporting = CompletableFuture.completedFuture(null);
    /** The pause in ms that the task last asked for. */
    public long timeout = NO_TIMEOUT;
    /** The offsets that the task asked to go on from. */
    public final Map<TopicPartition, Long> rewound = new HashMap<>();
    public final Set<TopicPartition> assignment = new HashSet<>();

    private Map<String, String> settings = Map.of();

    /** Initializes and starts a task. */
    public <T extends SinkTask> T start(T task, Map<String, String> given) {
        settings = given;
        task.initialize(new Context());
        task.start(given);
        return task;
    }

    private Future<Void> report(SinkRecord record, Throwable reason) {
        reported.add(record);
        reasons.add(reason.getMessage());
        return reporting;
    }

    private final class Context implements SinkTaskContext {
        @Override
        public Map<String, String> configs() {
            return settings;
        }

        @Override
        public void offset(Map<TopicPartition, Long> offsets) {
            rewound.putAll(offsets);
        }

        @Override
        public void offset(TopicPartition partition, long offset) {
            rewound.put(partition, offset);
        }

        @Override
        public void timeout(long milliseconds) {
            timeout = milliseconds;
        }

        @Override
        public Set<TopicPartition> assignment() {
            return assignment;
        }

        @Override
        public ErrantRecordReporter errantRecordReporter() {
            return FakeWorker.this::report;
        }

        @Override
        public void pause(TopicPartition... partitions) {
            throw new UnsupportedOperationException("pause");
        }

        @Override
        public void resume(TopicPartition... partitions) {
            throw new UnsupportedOperationException("resume");
        }

        @Override
        public void requestCommit() {
            throw new UnsupportedOperationException("requestCommit");
        }

        @Override
        public org.apache.kafka.common.metrics.PluginMetrics pluginMetrics() {
            throw new UnsupportedOperationException("pluginMetrics");
        }
    }
}
