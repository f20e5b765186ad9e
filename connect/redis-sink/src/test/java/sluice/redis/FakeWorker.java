package sluice.redis;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.lang.reflect.Proxy;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;

/** Stand-in for a Connect worker: records, a task context, a dead letter queue. */
final class FakeWorker {
    static final long NO_TIMEOUT = -1;

    final List<SinkRecord> reported = new ArrayList<>();
    final List<String> reasons = new ArrayList<>();
    Future<Void> reporting = CompletableFuture.completedFuture(null);
    long timeout = NO_TIMEOUT;

    static SinkRecord record(Object key, Object value) {
        return record(key, value, 0);
    }

    static SinkRecord record(Object key, Object value, long offset) {
        return new SinkRecord("images", 3, null, key, null, value, offset);
    }

    /** Returns settings for the server at a port; `more` are names and values in turn. */
    static Map<String, String> settings(int port, String... more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                RedisSinkConfig.HOST, "127.0.0.1", RedisSinkConfig.PORT, Integer.toString(port)));
        for (int index = 0; index < more.length; index += 2) {
            settings.put(more[index], more[index + 1]);
        }
        return settings;
    }

    RedisSinkTask task(Map<String, String> settings) {
        RedisSinkTask task = new RedisSinkTask();
        task.initialize((SinkTaskContext) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {SinkTaskContext.class}, (proxy, method, given) -> {
                    switch (method.getName()) {
                        case "timeout":
                            timeout = (long) given[0];
                            return null;
                        case "errantRecordReporter":
                            return (ErrantRecordReporter) this::report;
                        default:
                            throw new UnsupportedOperationException(method.getName());
                    }
                }));
        task.start(settings);
        return task;
    }

    private Future<Void> report(SinkRecord record, Throwable reason) {
        reported.add(record);
        reasons.add(reason.getMessage());
        return reporting;
    }
}
