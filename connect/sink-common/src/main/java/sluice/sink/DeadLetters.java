package sluice.sink;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkTaskContext;

/** The connector's dead letter queue, if it has one: bad records are set aside there. */
public final class DeadLetters {
    /** Kafka Connect's own setting, which is passed to tasks too. */
    public static final String TOPIC = "errors.deadletterqueue.topic.name";

    private final ErrantRecordReporter reporter;

    /** `settings` are all that the task was given, Connect's own among them. */
    public DeadLetters(Map<String, String> settings, SinkTaskContext context) {
        String topic = settings.get(TOPIC);
        // Without a dead letter queue, Connect's reporter only logs: the record would be lost.
        reporter = topic == null || topic.isBlank() ? null : context.errantRecordReporter();
    }

    /** Returns whether bad records can be set aside; if not, the task must stop with `refusal`. */
    public boolean available() {
        return reporter != null;
    }

    /** Returns the exception that stops the task at a bad record, which says what to set to go on without it. */
    public static ConnectException refusal(BadRecord bad) {
        return new ConnectException(BadRecord.describe(bad.record()) + ": " + bad.reason().getMessage() + ". Set " + TOPIC
                + " and errors.tolerance=all to set such records aside.", bad.reason());
    }

    /** Sets records aside; returns after all are acknowledged, throws a ConnectException if one is not. */
    public void report(List<BadRecord> bad) {
        List<Future<Void>> reports = new ArrayList<>();
        try {
            for (BadRecord one : bad) {
                reports.add(reporter.report(one.record(), one.reason()));
            }
            for (Future<Void> report : reports) {
                report.get();
            }
        } catch (ExecutionException | RuntimeException error) {
            throw new ConnectException("a bad record cannot be set aside (the first of the batch: "
                    + BadRecord.describe(bad.get(0).record()) + ": " + bad.get(0).reason().getMessage() + "): "
                    + error.getMessage(), error);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new ConnectException("interrupted while dead letters were written", error);
        }
    }
}
