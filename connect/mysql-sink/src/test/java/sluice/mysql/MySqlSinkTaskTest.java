package sluice.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import sluice.testing.TestDatabase;

class MySqlSinkTaskTest {
    private static final String TABLE = "CREATE TABLE t (k BIGINT PRIMARY KEY, a INT CHECK (a >= 0), b VARCHAR(10))";

    private SinkTester sink;

    @BeforeEach
    void createTable() throws Exception {
        sink = new SinkTester(TestDatabase.shared(), TABLE);
    }

    @AfterEach
    void stop() {
        sink.close();
    }

    @Test
    void lastRecordOfAKeyWinsAndNullDeletes() throws Exception {
        sink.start();
        sink.put(sink.row(3L, 1, "x"), sink.row(1L, 2, "tab\tquote'\\"), sink.deletion(3L), sink.row(2L, null, null),
                sink.row(1L, 7, "y"), sink.row(4L, 0, "\\N"));
        assertEquals(List.of("1,7,y", "2,null,null", "4,0,\\N"), sink.rows());
        sink.put(sink.deletion(1L), sink.row(2L, 5, "z\n"), sink.row(1L, 8, "w"), sink.deletion(4L));
        assertEquals(List.of("1,8,w", "2,5,z\n"), sink.rows());
        assertEquals(2, sink.task.metrics().batches());
    }

    @Test
    void onlyCommittedOffsetsAreReported() {
        sink.start();
        sink.put(sink.row(1L, 1, "a"), sink.row(2L, 1, "b"));
        Map<?, OffsetAndMetadata> committed =
                sink.task.preCommit(Map.of(SinkTester.PARTITION, new OffsetAndMetadata(7)));
        assertEquals(2, committed.get(SinkTester.PARTITION).offset());
    }
}
