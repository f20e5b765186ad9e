package sluice.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import org.apache.kafka.connect.errors.RetriableException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.testing.TestDatabase;

/** Two sinks that write the same keys to one table at the same time. */
class TwoTasksTest {
    private static final int KEYS = 200;

    @ParameterizedTest
    @ValueSource(strings = {"", ", UNIQUE (a)"})
    void goodRecordIsNoDeadLetterBecauseTheOtherSinkInsertedItsKeyFirst(String index) throws Exception {
        try (SinkTester sink = new SinkTester(TestDatabase.shared(),
                "CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(10)" + index + ")")) {
            sink.with(MySqlSinkConfig.RETRY_TIMEOUT_MS, "-1", MySqlSinkConfig.WRITE_MODE, "upsert").start();
            MySqlSinkTask other = sink.worker.start(new MySqlSinkTask(), sink.settings);
            CyclicBarrier together = new CyclicBarrier(2);
            CompletableFuture<Void> background = CompletableFuture.runAsync(() -> putEach(other, together));
            putEach(sink.task, together);
            background.get();
            other.stop();
            assertEquals(List.of(), sink.worker.reasons);
            assertEquals(List.of("" + KEYS), sink.query("SELECT COUNT(*) FROM t"));
        }
    }

    private static void putEach(MySqlSinkTask task, CyclicBarrier together) {
        for (int key = 0; key < KEYS; key++) {
            await(together);
            boolean done = false;
            while (!done) {
                try {
                    task.put(List.of(SinkTester.record((long) key, SinkTester.value(key, "x"), key)));
                    done = true;
                } catch (RetriableException error) { // A deadlock
                    Thread.onSpinWait();
                }
            }
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }
}
