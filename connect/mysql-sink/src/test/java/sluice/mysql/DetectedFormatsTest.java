package sluice.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.mysql.encode.MismatchException;
import sluice.testing.FakeRegistry;
import sluice.testing.TestDatabase;

/** A task with value.format=detect: formats mixed in one batch, schemas that change, a mismatch at its start. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DetectedFormatsTest {
    private static final String FIELDS = "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}";
    private static final byte[] OLD = {0, 0, 0, 0, 1, 14};
    private static final byte[] NEW = {0, 0, 0, 0, 3, 14, 2, 2, 'x'};
    private static final byte[] PROTOBUF = {0, 0, 0, 0, 2, 0, 8, 8};
    private static final byte[] JSON = ("{\"schema\":{\"type\":\"struct\",\"fields\":[{\"field\":\"a\",\"type\":\"int32\"}]},"
            + "\"payload\":{\"a\":9}}").getBytes(StandardCharsets.UTF_8);

    private FakeRegistry registry;
    private SinkTester sink;
    private long offset;

    @BeforeEach
    void start() throws Exception {
        registry = new FakeRegistry();
        registry.schemas.put(1, FIELDS + "]}");
        registry.schemas.put(2, "syntax = \"proto3\"; message R { int32 a = 1; }");
        registry.types.put(2, "PROTOBUF");
        registry.schemas.put(3, FIELDS + ",{\"name\":\"b\",\"type\":[\"null\",\"string\"],\"default\":null}]}");
        sink = new SinkTester(TestDatabase.shared(), "CREATE TABLE t (id BIGINT PRIMARY KEY, a INT)")
                .with("value.format", "detect", "value.schema.registry.url", registry.url());
    }

    @AfterEach
    void stop() {
        sink.close();
        registry.close();
    }

    private SinkRecord record(String key, byte[] value) {
        return new SinkRecord(SinkTester.TOPIC, 0, null, key, null, value, offset++);
    }

    @Test
    void formatsAreMixedInOneBatch() throws Exception {
        sink.start();
        sink.put(record("1", OLD), record("2", PROTOBUF), record("3", JSON), record("4", new byte[] {0, 1}), record("5", OLD),
                record("5", null));
        assertEquals(List.of("1,7", "2,8", "3,9"), sink.rows());
        assertEquals(1, sink.worker.reasons.size());
        assertTrue(sink.worker.reasons.get(0).contains("too few"), sink.worker.reasons.get(0));
    }

    @Test
    void changeOfTheSchemaIsFollowedOnceTheTableHasTheColumn() throws Exception {
        sink.start();
        sink.put(record("1", OLD));
        String reason = assertThrows(MismatchException.class, () -> sink.put(record("2", NEW))).getMessage();
        assertTrue(reason.contains("field b") && reason.contains("table t"), reason);
        sink.execute("ALTER TABLE t ADD b VARCHAR(10)");
        sink.start();
        sink.put(record("2", NEW), record("3", OLD), record("4", NEW));
        assertEquals(List.of("1,7,null", "2,7,x", "3,7,null", "4,7,x"), sink.rows());
    }

    @Test
    void registryThatDoesNotAnswerIsWaitedForBetweenPuts() throws Exception {
        sink.with(MySqlSinkConfig.RETRY_TIMEOUT_MS, "-1", MySqlSinkConfig.RETRY_BACKOFF_MS, "1",
                MySqlSinkConfig.RETRY_BACKOFF_MAX_MS, "1").start();
        String report = "";
        while (report.isEmpty()) {
            registry.queued.add(new FakeRegistry.Answer(503, "starting"));
            offset = 0;
            RetriableException error = assertThrows(RetriableException.class, () -> sink.put(record("1", OLD)));
            assertTrue(error.getMessage().contains("the schema with the id 1"), error.getMessage());
            report = sink.task.preCommit(Map.of(SinkTester.PARTITION, new OffsetAndMetadata(0)))
                    .get(SinkTester.PARTITION).metadata();
        }
        assertTrue(report.contains("answers 503: starting"), report);
        sink.put(record("1", OLD));
        assertEquals(List.of("1,7"), sink.rows());
        assertEquals(List.of(), sink.worker.reported);
    }

    @Test
    void latestSchemaThatDoesNotSuitTheTableStopsTheTaskAtItsStart() {
        registry.latest.put(SinkTester.TOPIC + "-value", 3);
        String reason = assertThrows(MismatchException.class, sink::start).getMessage();
        assertTrue(reason.contains("field b") && reason.contains("table t"), reason);
    }
}
