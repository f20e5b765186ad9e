package sluice.mysql.metrics;

import java.util.LinkedHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.sink.SinkTaskContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counters of a task, since it was started. Connect publishes them with its own metrics (Connect 4.1 and later). */
public final class SinkMetrics {
    private static final Logger LOG = LoggerFactory.getLogger(SinkMetrics.class);

    private final AtomicLong rows = new AtomicLong();
    private final AtomicLong deletions = new AtomicLong();
    private final AtomicLong batches = new AtomicLong();
    private final AtomicLong halvings = new AtomicLong();
    private final AtomicLong deadLetters = new AtomicLong();
    private final AtomicLong retries = new AtomicLong();
    private final AtomicLong nanoseconds = new AtomicLong();
    private final AtomicLong loading = new AtomicLong();

    /** Publishes the counters, if the worker can. */
    public void register(SinkTaskContext context) {
        try {
            Registration.register(this, context);
        } catch (LinkageError | UnsupportedOperationException error) {
            // A worker before 4.1: without metrics of plugins.
        } catch (IllegalArgumentException error) {
            // A task before this one hangs, and Connect has not ended it yet. That is no reason not to start.
            LOG.warn("the task's metrics are not published: {}", error.getMessage());
        }
    }

    /** Counts a committed transaction. */
    public void committed(long moreRows, long moreDeletions) {
        rows.addAndGet(moreRows);
        deletions.addAndGet(moreDeletions);
        batches.incrementAndGet();
    }

    public void halved() {
        halvings.incrementAndGet();
    }

    public void retried() {
        retries.incrementAndGet();
    }

    /** Takes the number of dead letters written so far. */
    public void deadLetters(long count) {
        deadLetters.set(count);
    }

    /** Takes whether the server allows LOAD DATA LOCAL. */
    public void loading(boolean localInfile) {
        loading.set(localInfile ? 1 : 0);
    }

    /** Adds the time of a batch, from the records to the commit, in nanoseconds. */
    public void spent(long time) {
        nanoseconds.addAndGet(time);
    }

    long rows() {
        return rows.get();
    }

    long deletions() {
        return deletions.get();
    }

    public long batches() {
        return batches.get();
    }

    public long halvings() {
        return halvings.get();
    }

    public boolean localInfile() {
        return loading.get() == 1;
    }

    /** What needs classes of Connect 4.1, so that they are not loaded before. */
    private static final class Registration {
        static void register(SinkMetrics of, SinkTaskContext context) {
            PluginMetrics metrics = context.pluginMetrics();
            if (metrics == null) {
                return;
            }
            add(metrics, "rows", "Rows written", of.rows::get);
            add(metrics, "deletions", "Rows deleted by null values", of.deletions::get);
            add(metrics, "batches", "Transactions committed", of.batches::get);
            add(metrics, "halvings", "Batches divided to find a bad record", of.halvings::get);
            add(metrics, "dead-letters", "Bad records set aside", of.deadLetters::get);
            add(metrics, "retries", "Batches that failed and are tried again", of.retries::get);
            add(metrics, "milliseconds", "Time spent on batches, from records to commit",
                    () -> TimeUnit.NANOSECONDS.toMillis(of.nanoseconds.get()));
            add(metrics, "local-infile", "1: rows are written by LOAD DATA LOCAL; 0: by INSERT, which is slower",
                    of.loading::get);
        }

        private static void add(PluginMetrics metrics, String name, String description, LongSupplier value) {
            metrics.addMetric(metrics.metricName(name, description, new LinkedHashMap<>()),
                    (Gauge<Long>) (config, now) -> value.getAsLong());
        }
    }
}
