package sluice.redis;

import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import sluice.testing.FakeWorker;

/** What tests of a task have in common: a worker, a server, and the end of both. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class FakeRedisTest {
    static final TopicPartition PARTITION = new TopicPartition("images", 3);

    final FakeWorker worker = new FakeWorker();
    FakeRedis redis;
    RedisSinkTask task;

    @BeforeEach
    void startServer() throws Exception {
        redis = new FakeRedis();
    }

    @AfterEach
    void stop() throws Exception {
        if (task != null) {
            task.stop();
        }
        redis.close();
    }
}
