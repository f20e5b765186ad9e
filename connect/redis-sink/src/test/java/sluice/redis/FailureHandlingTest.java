package sluice.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sluice.redis.RedisFixtures.record;
import static sluice.redis.RedisFixtures.settings;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which failures are retried and which stop the task; neither loses or reorders records. */
class FailureHandlingTest extends FakeRedisTest {
    /** Returns a port without a listener. */
    private static int freePort() throws Exception {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private void answerOnce(String name, String answer) {
        AtomicBoolean done = new AtomicBoolean();
        redis.behaviour = command -> command.get(0).equals(name) && !done.getAndSet(true) ? answer : null;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "NOPERM this user has no permissions to run the 'set' command | ACL SETUSER",
        "MOVED 3999 127.0.0.1:6381 | Cluster",
        "ERR something new | something new"})
    void errorThatIsNotRetriableStopsTheTaskAtOnce(String answer, String advice) {
        redis.behaviour = command -> command.get(0).equals("SET") ? "-" + answer : null;
        task = worker.start(new RedisSinkTask(), settings(redis.port()));
        ConnectException error =
                assertThrows(ConnectException.class, () -> task.put(List.of(record("k", "v", 17))));
        assertFalse(error instanceof RetriableException);
        assertTrue(error.getMessage().contains("topic images, partition 3, offset 17"), error.getMessage());
        assertTrue(error.getMessage().contains(advice), error.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "AUTH | WRONGPASS invalid username-password pair or user is disabled. | disabled. Check redis.username",
        "SELECT | ERR DB index is out of range | redis.database",
        "CLIENT | NOAUTH Authentication required. | redis.password"})
    void loginThatIsRefusedStopsTheTaskAtItsStart(String command, String answer, String advice) {
        redis.behaviour = given -> given.get(0).equals(command) ? "-" + answer : null;
        Map<String, String> settings = settings(redis.port(), RedisSinkConfig.USERNAME, "connect",
                RedisSinkConfig.PASSWORD, "secret", RedisSinkConfig.DATABASE, "99");
        ConnectException error = assertThrows(ConnectException.class, () -> worker.start(new RedisSinkTask(), settings));
        assertFalse(error instanceof RetriableException);
        assertTrue(error.getMessage().contains(advice), error.getMessage());
        assertFalse(error.getMessage().contains("secret"), error.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "-LOADING Redis is loading the dataset in memory", "-MISCONF Errors writing to the AOF file: No space left",
        "-READONLY You can't write against a read only replica.", "-BUSY Redis is busy running a script",
        "-OOM command not allowed when used memory > 'maxmemory'.",
        FakeRedis.HANG_UP})
    void retriableErrorRetriesTheWholeBatch(String answer) {
        task = worker.start(new RedisSinkTask(), settings(redis.port()));
        List<SinkRecord> batch = List.of(record("k", "1"), record("k", null), record("k", "2"));
        answerOnce("DEL", answer);
        assertThrows(RetriableException.class, () -> task.put(batch));
        assertEquals(200, worker.timeout);
        redis.commands.clear();
        task.put(batch);
        assertEquals("2", redis.data.get("k"));
        assertEquals(List.of("SET k 1", "SET k 2"), redis.commandsNamed("SET"));
    }

    @Test
    void abandonedConnectionIsKilledBeforeAnythingIsSentAgain() {
        task = worker.start(new RedisSinkTask(), settings(redis.port()));
        answerOnce("SET", FakeRedis.HANG_UP);
        assertThrows(RetriableException.class, () -> task.put(List.of(record("k", "v"))));
        redis.commands.clear();
        task.put(List.of(record("k", "v")));
        List<String> sent = redis.commands.stream().map(one -> String.join(" ", one)).toList();
        assertEquals(List.of("CLIENT INFO", "CLIENT KILL ID 1 ADDR 127.0.0.1:1", "SET k v"), sent);
    }

    @Test
    void pausesGrow() throws Exception {
        task = worker.start(new RedisSinkTask(), settings(freePort(), RedisSinkConfig.RETRY_BACKOFF_MS, "40",
                RedisSinkConfig.RETRY_BACKOFF_MAX_MS, "100"));
        for (long pause : List.of(40L, 80L, 100L, 100L)) {
            assertThrows(RetriableException.class, () -> task.put(List.of(record("k", "v"))));
            assertEquals(pause, worker.timeout);
        }
    }

    @Test
    void retriesEndInAFailureThatSaysWhatToDo() throws Exception {
        task = worker.start(new RedisSinkTask(), settings(freePort(), RedisSinkConfig.RETRY_BACKOFF_MS, "1",
                RedisSinkConfig.RETRY_TIMEOUT_MS, "50"));
        ConnectException error = failureInTheEnd();
        assertTrue(error.getMessage().contains(RedisSinkConfig.RETRY_TIMEOUT_MS), error.getMessage());
        assertTrue(error.getMessage().contains("refused"), error.getMessage());
        assertTrue(error.getMessage().contains("restart the task"), error.getMessage());
    }

    @Test
    void unlimitedRetriesNeverFail() throws Exception {
        task = worker.start(new RedisSinkTask(), settings(freePort(), RedisSinkConfig.RETRY_BACKOFF_MS, "86400000",
                RedisSinkConfig.RETRY_BACKOFF_MAX_MS, "86400000", RedisSinkConfig.RETRY_TIMEOUT_MS, "-1"));
        for (int times = 0; times < 10; times++) {
            assertThrows(RetriableException.class, () -> task.put(List.of(record("k", "v"))));
        }
    }

    private ConnectException failureInTheEnd() {
        while (true) {
            ConnectException error = assertThrows(ConnectException.class, () -> task.put(List.of(record("k", "v"))));
            if (!(error instanceof RetriableException)) {
                return error;
            }
        }
    }

    @Test
    void successResetsTheRetries() {
        task = worker.start(new RedisSinkTask(), settings(redis.port()));
        for (int times = 0; times < 2; times++) {
            answerOnce("SET", FakeRedis.HANG_UP);
            assertThrows(RetriableException.class, () -> task.put(List.of(record("k", "v"))));
            assertEquals(200, worker.timeout);
            task.put(List.of(record("k", "v")));
        }
    }

    @Test
    void unreachableServerAtTheStartIsRetriedWithTheFirstRecords() throws Exception {
        task = worker.start(new RedisSinkTask(), settings(freePort()));
        ConnectException error = assertThrows(ConnectException.class, () -> task.put(List.of(record("k", "v"))));
        assertInstanceOf(RetriableException.class, error);
    }

    @Test
    void commandTimeoutEndsAWaitForReplies() {
        task = worker.start(new RedisSinkTask(), settings(redis.port(), RedisSinkConfig.COMMAND_TIMEOUT_MS, "100"));
        redis.behaviour = command -> command.get(0).equals("SET") ? FakeRedis.SILENCE : null;
        ConnectException error =
                assertThrows(RetriableException.class, () -> task.put(List.of(record("k", "v"))));
        assertTrue(error.getMessage().contains("within 100 ms (redis.command.timeout.ms)"), error.getMessage());
    }

    @Test
    void commandTimeoutEndsABlockedWrite() {
        task = worker.start(new RedisSinkTask(), settings(redis.port(), RedisSinkConfig.COMMAND_TIMEOUT_MS, "200"));
        redis.paused = true;
        SinkRecord large = record("k", new byte[32 << 20]);
        ConnectException error =
                assertThrows(RetriableException.class, () -> task.put(List.of(large, large)));
        assertTrue(error.getMessage().contains("within 200 ms"), error.getMessage());
        redis.paused = false;
        while (!"v".equals(redis.data.get("k"))) {
            try {
                task.put(List.of(record("k", "v")));
            } catch (RetriableException late) {
                Thread.onSpinWait(); // 200 ms can be too short on a busy machine
            }
        }
    }

    @Test
    void connectTimeoutEndsAWaitForTheLogin() throws Exception {
        redis.behaviour = command -> FakeRedis.SILENCE;
        task = worker.start(new RedisSinkTask(), settings(redis.port(), RedisSinkConfig.CONNECT_TIMEOUT_MS, "100"));
        ConnectException error =
                assertThrows(RetriableException.class, () -> task.put(List.of(record("k", "v"))));
        assertTrue(error.getMessage().contains("within 100 ms (redis.connect.timeout.ms)"), error.getMessage());
    }
}
