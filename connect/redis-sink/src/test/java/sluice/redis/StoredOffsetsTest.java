package sluice.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sluice.redis.RedisFixtures.record;
import static sluice.redis.RedisFixtures.settings;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import sluice.sink.DeadLetters;

/** Offsets in Redis, in the transaction of the records: a task notices what Redis has lost, and goes back. */
class StoredOffsetsTest extends FakeRedisTest {
    private static final String KEY = "offsets:sink:images:3";

    @BeforeEach
    void startTask() {
        task = start();
    }

    private RedisSinkTask start() {
        return worker.start(new RedisSinkTask(), settings(redis.port(), "name", "sink",
                RedisSinkConfig.OFFSETS_KEY, "offsets:${connector}", DeadLetters.TOPIC, "dead"));
    }

    private static Map<TopicPartition, OffsetAndMetadata> at(long offset) {
        return Map.of(PARTITION, new OffsetAndMetadata(offset));
    }

    /** Puts no records until the task has gone back, as Connect does while none come. */
    private void idleUntilRewound() {
        while (worker.rewound.isEmpty()) {
            task.put(List.of());
        }
    }

    @Test
    void offsetsAreWrittenInTheTransactionOfTheRecords() {
        task.put(List.of(record("a", "1", 0), record("b", null, 1)));
        task.put(List.of(record("a", "2", 2)));
        List<String> sent = redis.commands.stream().map(one -> String.join(" ", one)).toList();
        List<String> watch = List.of("WATCH " + KEY, "HGET " + KEY + " next");
        List<String> expected = List.of("CLIENT INFO", "UNWATCH", watch.get(0), watch.get(1),
                "MULTI", "SET a 1", "DEL b", "HSET " + KEY + " next 2", "EXEC", watch.get(0), watch.get(1),
                "MULTI", "SET a 2", "HSET " + KEY + " next 3", "EXEC", watch.get(0), watch.get(1));
        assertEquals(expected, sent);
        assertEquals(at(3), task.preCommit(at(3)));
        assertEquals(Map.of(), worker.rewound);
    }

    @Test
    void everyPipelineOfABatchIsATransactionWithItsOffset() {
        task.stop();
        task = worker.start(new RedisSinkTask(), settings(redis.port(), RedisSinkConfig.OFFSETS_KEY, "offsets:sink",
                RedisSinkConfig.PIPELINE_BYTES, "10"));
        task.put(List.of(record("a", "1234", 0), record("b", "1234", 1), record("c", "1234", 2)));
        assertEquals(List.of("HSET " + KEY + " next 2", "HSET " + KEY + " next 3"), redis.commandsNamed("HSET"));
    }

    @Test
    void redisThatCameBackWithoutTheLastRecordsGetsThemAgain() {
        task.put(List.of(record("a", "1", 0)));
        task.put(List.of(record("b", "1", 1), record("a", null, 2)));
        AtomicBoolean killed = new AtomicBoolean();
        redis.behaviour = command -> command.get(0).equals("EXEC") && !killed.getAndSet(true) ? FakeRedis.HANG_UP : null;
        assertThrows(RetriableException.class, () -> task.put(List.of(record("c", "1", 3))));
        redis.data.remove("b");
        redis.data.put("a", "1");
        redis.hashes.put(KEY, "1");
        task.put(List.of(record("c", "1", 3)));
        assertEquals(Map.of("a", "1"), redis.data, "the record waits for those before it");
        assertEquals(Map.of(PARTITION, 1L), worker.rewound);
        assertTrue(worker.commitRequested);
        assertEquals(at(1), task.preCommit(at(4)), "the group's lag is true again");
        task.put(List.of(record("b", "1", 1), record("a", null, 2), record("c", "1", 3)));
        assertEquals(Map.of("b", "1", "c", "1"), redis.data);
        assertEquals("4", redis.hashes.get(KEY));
    }

    @Test
    void lostPartitionIsLeftOutOfABatchUntilTheOthersAreWritten() {
        task.put(List.of(record("a", "1", 0), record("b", "1", 1)));
        redis.hashes.put(KEY, "1");
        redis.data.remove("b");
        redis.behaviour = command -> command.get(0).equals("SET") ? "-LOADING Redis is loading" : null;
        List<SinkRecord> batch =
                List.of(record("c", "1", 2), new SinkRecord("images", 4, null, "other", null, "1", 0));
        assertThrows(RetriableException.class, () -> task.put(batch));
        assertThrows(RetriableException.class, () -> task.put(batch));
        redis.behaviour = command -> null;
        task.put(batch); // Connect has gone back, but puts the batch again that it has.
        assertEquals(Map.of("a", "1", "other", "1"), redis.data);
        assertEquals("1", redis.hashes.get(KEY));
        task.put(List.of(record("b", "1", 1), record("c", "1", 2)));
        assertEquals("3", redis.hashes.get(KEY));
    }

    @Test
    void lossIsNoticedWithoutFurtherRecords() {
        task.put(List.of(record("a", "1", 0), record("b", "1", 1)));
        redis.hashes.put(KEY, "1");
        idleUntilRewound();
        assertEquals(Map.of(PARTITION, 1L), worker.rewound);
    }

    @Test
    void lossIsNoticedByATaskThatHasHadNoRecords() {
        redis.hashes.put(KEY, "5");
        task.preCommit(at(9));
        idleUntilRewound();
        assertEquals(Map.of(PARTITION, 5L), worker.rewound);
    }

    @Test
    void emptiedRedisGetsEverythingAgainAndNothingIsWrittenBefore() {
        task.put(List.of(record("a", "1", 0)));
        redis.data.clear();
        redis.hashes.clear(); // FLUSHALL, which does not end the connection
        assertThrows(RetriableException.class, () -> task.put(List.of(record("b", "1", 1))));
        assertEquals(Map.of(), redis.data);
        task.put(List.of(record("b", "1", 1)));
        assertEquals(Map.of(PARTITION, 0L), worker.rewound);
        task.put(List.of(record("a", "1", 0), record("b", "1", 1)));
        assertEquals(Map.of("a", "1", "b", "1"), redis.data);
    }

    @Test
    void changeBetweenTwoTransactionsIsNoticed() {
        // Just after the transaction, before the key is watched again.
        redis.behaviour = command -> {
            if (command.get(0).equals("WATCH") && redis.hashes.containsKey(KEY)) {
                redis.hashes.clear();
            }
            return null;
        };
        task.put(List.of(record("a", "1", 0)));
        redis.behaviour = command -> null;
        task.put(List.of(record("b", "1", 1)));
        assertEquals(Map.of("a", "1"), redis.data);
        assertEquals(Map.of(PARTITION, 0L), worker.rewound);
    }

    @Test
    void offsetsThatWereResetByHandAreFollowed() {
        redis.hashes.put(KEY, "9");
        task.put(List.of(record("a", "1", 4)));
        assertEquals(Map.of(), worker.rewound);
        assertEquals(Map.of("a", "1"), redis.data);
        assertEquals("5", redis.hashes.get(KEY));
    }

    @Test
    void firstStartWithCommittedOffsetsWritesEverythingOnce() {
        task.put(List.of(record("b", "1", 7)));
        assertEquals(Map.of(PARTITION, 0L), worker.rewound);
        worker.rewound.clear();
        task.put(List.of(record("a", "1", 2), record("b", "1", 7))); // Retention has deleted what was before.
        assertEquals(Map.of("a", "1", "b", "1"), redis.data);
        assertEquals(Map.of(), worker.rewound);
    }

    @Test
    void badRecordsAtTheEndAreNotTakenForALoss() {
        task.put(List.of(record("a", "1", 0), record(null, "bad", 1)));
        assertEquals("2", redis.hashes.get(KEY));
        task.put(List.of(record(null, "bad", 2)));
        task.stop();
        task = start();
        task.put(List.of(record("b", "1", 3)));
        assertEquals(Map.of(), worker.rewound);
        assertEquals(2, worker.reported.size());
    }

    @Test
    void taskThatLostItsPartitionWithoutKnowingIsPutRight() {
        RedisSinkTask zombie = start();
        zombie.put(List.of(record("k", "old", 0)));
        task.put(List.of(record("k", "old", 0), record("k", "new", 1), record("x", "1", 2)));
        assertThrows(RetriableException.class, () -> zombie.put(List.of(record("k", "new", 1))));
        assertEquals("3", redis.hashes.get(KEY), "what it held was not written");
        zombie.put(List.of(record("k", "new", 1))); // It tries again.
        assertEquals("2", redis.hashes.get(KEY));
        assertThrows(RetriableException.class, () -> task.put(List.of(record("y", "1", 3))));
        task.put(List.of(record("y", "1", 3)));
        assertEquals(Map.of(PARTITION, 2L), worker.rewound);
        zombie.stop();
    }

    @Test
    void assignmentIsForgottenWithThePartition() {
        task.put(List.of(record("a", "1", 0)));
        task.close(List.of(PARTITION));
        redis.hashes.clear();
        task.put(List.of());
        assertEquals(Map.of(), task.preCommit(at(1)));
        assertEquals(Map.of(), worker.rewound);
    }

    @Test
    void partitionThatWasGivenAwayIsWatchedNoMore() {
        task.put(List.of(record("a", "1", 0), new SinkRecord("images", 4, null, "other", null, "1", 0)));
        task.close(List.of(PARTITION));
        redis.hashes.put(KEY, "2"); // another task
        task.put(List.of(new SinkRecord("images", 4, null, "other", null, "2", 1)));
        assertEquals("2", redis.data.get("other"));
    }

    @Test
    void offsetThatIsNoNumberIsWrittenAnew() {
        redis.hashes.put(KEY, "many");
        task.put(List.of(record("b", "1", 1)));
        assertEquals(Map.of(PARTITION, 0L), worker.rewound);
        task.put(List.of(record("a", "1", 0), record("b", "1", 1)));
        assertEquals("2", redis.hashes.get(KEY));
    }

    @Test
    void offsetsThatCannotBeWatchedAnyMoreAreNamed() {
        redis.behaviour = command -> command.get(0).equals("WATCH") && redis.hashes.containsKey(KEY)
                ? "-NOPERM this user has no permissions to run the 'watch' command" : null;
        task.put(List.of(record("a", "1", 0)));
        ConnectException error = assertThrows(ConnectException.class, () -> task.put(List.of(record("b", "1", 1))));
        assertTrue(error.getMessage().contains("+watch"), error.getMessage());
        assertEquals(Map.of("a", "1"), redis.data);
    }

    @Test
    void recordWhoseKeyIsThatOfTheOffsetsIsADeadLetter() {
        task.put(List.of(record(KEY, "v", 0), record("good", "1", 1)));
        assertEquals(Map.of("good", "1"), redis.data);
        assertTrue(worker.reasons.get(0).contains(RedisSinkConfig.OFFSETS_KEY), worker.reasons.get(0));
    }

    @Test
    void refusedCommandOfATransactionIsNamedNotItsEnd() {
        redis.behaviour = command -> command.get(0).equals("SET") ? "-OOM command not allowed" : null;
        ConnectException error =
                assertThrows(ConnectException.class, () -> task.put(List.of(record("k", "v", 0))));
        assertTrue(error.getMessage().contains("topic images, partition 3, offset 0"), error.getMessage());
        assertTrue(error.getMessage().contains("OOM"), error.getMessage());
        assertEquals(Map.of(), redis.hashes);
    }

    @Test
    void missingRightIsNamed() {
        redis.behaviour = command -> command.get(0).equals("HGET")
                ? "-NOPERM this user has no permissions to run the 'hget' command" : null;
        ConnectException error = assertThrows(ConnectException.class, () -> task.put(List.of(record("k", "v", 0))));
        assertFalse(error instanceof RetriableException);
        assertTrue(error.getMessage().contains("+hget"), error.getMessage());
    }
}
