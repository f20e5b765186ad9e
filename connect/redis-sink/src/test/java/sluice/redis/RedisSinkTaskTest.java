package sluice.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sluice.redis.RedisFixtures.record;
import static sluice.redis.RedisFixtures.settings;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;
import sluice.sink.DeadLetters;

/** Writes and their order, and dead letters for records that cannot be written. */
class RedisSinkTaskTest extends FakeRedisTest {
    private static final String[] DEAD_LETTERS = {DeadLetters.TOPIC, "dead"};

    private void put(Map<String, String> settings, SinkRecord... records) {
        task = worker.start(new RedisSinkTask(), settings);
        task.put(Arrays.asList(records));
    }

    private ConnectException refused(Map<String, String> settings, SinkRecord... records) {
        return assertThrows(ConnectException.class, () -> put(settings, records));
    }

    @Test
    void keepsTheOrderOfOneKeyInABatch() {
        put(settings(redis.port()), record("k", "1"), record("other", "x"), record("k", null), record("k", "2"),
                record("gone", "y"), record("gone", null));
        assertEquals(Map.of("k", "2", "other", "x"), redis.data);
        assertEquals(List.of("SET k 1", "SET k 2"),
                redis.commandsNamed("SET").stream().filter(one -> one.contains(" k ")).toList());
    }

    @Test
    void takesStringsBytesAndBuffersAndTheEmptyValue() {
        ByteBuffer part = ByteBuffer.wrap(new byte[] {'x', 'b', 'x'}, 1, 1);
        put(settings(redis.port()), record("é", new byte[0]), record(new byte[] {0, (byte) 0xff}, "v"), record("b", part));
        assertEquals(Map.of("Ã©", "", "\0\u00ff", "v", "b", "b"), redis.data);
        assertEquals(1, part.remaining());
    }

    @Test
    void addsPrefixAndTimeToLive() {
        put(settings(redis.port(), RedisSinkConfig.KEY_PREFIX, "p:", RedisSinkConfig.TTL_MS, "1500"),
                record("a", "1"), record("b", null));
        assertEquals(List.of("SET p:a 1 PX 1500"), redis.commandsNamed("SET"));
        assertEquals(List.of("DEL p:b"), redis.commandsNamed("DEL"));
    }

    @Test
    void logsInAndChoosesTheDatabase() {
        put(settings(redis.port(), RedisSinkConfig.USERNAME, "connect", RedisSinkConfig.PASSWORD, "secret",
                RedisSinkConfig.DATABASE, "1"));
        assertEquals(List.of("AUTH connect secret"), redis.commandsNamed("AUTH"));
        assertEquals(List.of("SELECT 1"), redis.commandsNamed("SELECT"));
    }

    @Test
    void returnsOnlyWhenEverythingIsAcknowledged() throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        redis.behaviour = command -> {
            if (command.get(0).equals("SET") && command.get(1).equals("last")) {
                gate.join();
            }
            return null;
        };
        CompletableFuture<Void> putting =
                CompletableFuture.runAsync(() -> put(settings(redis.port()), record("a", "1"), record("last", "2")));
        while (redis.commandsNamed("SET").size() < 2 && !putting.isDone()) {
            Thread.onSpinWait();
        }
        assertTrue(!putting.isDone(), "put returned before the last reply");
        gate.complete(null);
        putting.get();
    }

    @Test
    void sendsNoMoreThanTheBoundBeforeItReadsReplies() {
        redis.behaviour = command -> command.get(0).equals("SET") ? FakeRedis.SILENCE : null;
        Map<String, String> settings = settings(redis.port(), RedisSinkConfig.PIPELINE_BYTES, "10",
                RedisSinkConfig.COMMAND_TIMEOUT_MS, "500");
        ConnectException error = refused(settings, record("a", "1234"), record("b", "1234"), record("c", "1234"));
        assertTrue(error.getMessage().contains("did not answer"), error.getMessage());
        assertEquals(List.of("SET a 1234", "SET b 1234"), redis.commandsNamed("SET"));
    }

    @Test
    void setsBadRecordsAsideWithTheirReasonsAndWritesTheRest() {
        put(settings(redis.port(), DEAD_LETTERS[0], DEAD_LETTERS[1], RedisSinkConfig.MAX_VALUE_BYTES, "3"),
                record(null, "v", 1), record(7L, "v", 2), record("k", Map.of(), 3), record("k", "1234", 4),
                record("good", "123", 5));
        assertEquals(Map.of("good", "123"), redis.data);
        assertEquals(List.of(1L, 2L, 3L, 4L), worker.reported.stream().map(SinkRecord::kafkaOffset).toList());
        assertTrue(worker.reasons.get(0).contains("no key"), worker.reasons.get(0));
        assertTrue(worker.reasons.get(1).contains("the key is a java.lang.Long"), worker.reasons.get(1));
        assertTrue(worker.reasons.get(2).contains("the value is a java.util"), worker.reasons.get(2));
        assertTrue(worker.reasons.get(3).contains("4 bytes"), worker.reasons.get(3));
    }

    @Test
    void commitsOnlyWhatWasWritten() {
        TopicPartition partition = new TopicPartition("images", 3);
        Map<TopicPartition, OffsetAndMetadata> counted = Map.of(partition, new OffsetAndMetadata(60));
        redis.behaviour = command -> command.get(0).equals("SET") ? FakeRedis.HANG_UP : null;
        refused(settings(redis.port()), record("k", "v", 59));
        assertEquals(Map.of(partition, new OffsetAndMetadata(59)), task.preCommit(counted));
        task.close(List.of(partition));
        task.put(List.of()); // The batch was dropped with its revoked partition; Connect counts it as processed.
        assertEquals(Map.of(), task.preCommit(counted));
        redis.behaviour = command -> null;
        task.put(List.of(record("k", "v", 7)));
        assertEquals(Map.of(partition, new OffsetAndMetadata(8)), task.preCommit(counted));
        task.close(List.of(partition));
        assertEquals(Map.of(), task.preCommit(counted));
    }

    @Test
    void stopsAtABadRecordWithoutADeadLetterQueue() {
        // Connect gives the task a reporter for errors.log.enable alone, too.
        ConnectException error = refused(settings(redis.port()), record("before", "1", 1), record(null, "v", 17));
        assertTrue(error.getMessage().contains("topic images, partition 3, offset 17"), error.getMessage());
        assertTrue(error.getMessage().contains("no key"), error.getMessage());
        assertEquals(Map.of("before", "1"), redis.data);
        assertTrue(worker.reported.isEmpty());
    }

    @Test
    void failsWhereADeadLetterCannotBeWritten() {
        worker.reporting = CompletableFuture.failedFuture(new IllegalStateException("the record is too large"));
        ConnectException error =
                refused(settings(redis.port(), DEAD_LETTERS[0], DEAD_LETTERS[1]), record(null, "v", 17));
        assertTrue(error.getMessage().contains("offset 17"), error.getMessage());
        assertTrue(error.getMessage().contains("the record is too large"), error.getMessage());
    }
}
