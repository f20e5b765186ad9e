package sluice.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sluice.redis.RedisFixtures.record;
import static sluice.redis.RedisFixtures.settings;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With redis.retry.timeout.ms=-1 no failure of Redis stops the task: it waits, says for what, and goes on. */
class WaitingTest extends FakeRedisTest {
    private void start() {
        Map<String, String> settings = settings(redis.port(), RedisSinkConfig.RETRY_TIMEOUT_MS, "-1",
                RedisSinkConfig.RETRY_BACKOFF_MS, "1", RedisSinkConfig.RETRY_BACKOFF_MAX_MS, "1",
                RedisSinkConfig.USERNAME, "connect", RedisSinkConfig.PASSWORD, "secret");
        task = worker.start(new RedisSinkTask(), settings);
    }

    private OffsetAndMetadata committed(long processed) {
        return task.preCommit(Map.of(PARTITION, new OffsetAndMetadata(processed))).get(PARTITION);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "OOM command not allowed when used memory > 'maxmemory'.", "NOPERM no permissions to run the 'set' command",
        "MISCONF Redis is configured to save RDB snapshots, but it cannot", "READONLY You can't write against a replica",
        "NOREPLICAS Not enough good replicas to write.", "MOVED 3999 127.0.0.1:6381", "ERR something new",
        "WRONGPASS invalid username-password pair"})
    void refusedWriteIsWaitedForAndReported(String answer) {
        start();
        redis.behaviour = command -> command.get(0).equals("SET") ? "-" + answer : null;
        List<SinkRecord> batch = List.of(record("k", "v", 17), record("k", "w", 18));
        String report = "";
        while (report.isEmpty()) { // What passes within a second is not reported.
            RetriableException error = assertThrows(RetriableException.class, () -> task.put(batch));
            assertTrue(error.getMessage().contains("offset 17"), error.getMessage());
            assertEquals(17, committed(17).offset());
            report = committed(17).metadata();
        }
        assertTrue(report.contains(" since 2") && report.contains(", still at 2"), report);
        assertTrue(report.contains(answer), report);
        redis.behaviour = command -> null;
        task.put(batch);
        assertEquals(new OffsetAndMetadata(19, ""), committed(19));
        assertEquals("w", redis.data.get("k"));
        assertEquals(List.of(), worker.reported);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "WRONGPASS invalid username-password pair or user is disabled.", "LOADING Redis is loading", "ERR max number of "
        + "clients reached"})
    void refusedLoginAtTheStartIsTriedAgainWithoutRecords(String answer) {
        redis.behaviour = command -> command.get(0).equals("AUTH") ? "-" + answer : null;
        start();
        while (committed(5) == null) {
            task.put(List.of());
        }
        assertEquals(5, committed(5).offset(), "nothing was delivered: it is where the task began");
        assertTrue(committed(5).metadata().contains(answer), committed(5).metadata());
        assertFalse(committed(5).metadata().contains("secret"));
        redis.behaviour = command -> null;
        while (!committed(5).metadata().isEmpty()) { // Taken back, though nothing else is to be committed.
            task.put(List.of());
        }
        task.put(List.of(record("k", "v", 5)));
        assertEquals(new OffsetAndMetadata(6, ""), committed(6));
    }

    @Test
    void recordThatEndsTheConnectionEachTimeIsNamedAndThoseBeforeItAreWritten() {
        start();
        redis.behaviour = command -> command.get(0).equals("SET") && command.get(1).equals("bad") ? FakeRedis.HANG_UP : null;
        List<SinkRecord> batch = List.of(record("good", "v", 7), record("bad", "v", 8), record("late", "v", 9));
        String message = "";
        while (!message.contains("at the write of topic images, partition 3, offset 8")) {
            message = assertThrows(RetriableException.class, () -> task.put(batch)).getMessage();
        }
        assertEquals(Map.of("good", "v"), redis.data);
        assertEquals(List.of(), worker.reported, "an end of the connection does not prove that a record is bad");
        assertEquals(7, committed(7).offset());
    }
}
