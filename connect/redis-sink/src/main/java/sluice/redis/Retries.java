package sluice.redis;

import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.errors.RetriableException;

/** How long to wait before the next try, and when to give up. */
final class Retries {
    private final Failures failures;
    private final long limit;
    private final long firstPause;
    private final long longestPause;
    private long begun;
    private long pause;

    Retries(RedisSinkConfig config) {
        failures = new Failures(config);
        limit = config.getLong(RedisSinkConfig.RETRY_TIMEOUT_MS);
        firstPause = config.getLong(RedisSinkConfig.RETRY_BACKOFF_MS);
        longestPause = config.getLong(RedisSinkConfig.RETRY_BACKOFF_MAX_MS);
    }

    /** Milliseconds until the next try; throws a ConnectException where that would be too late. */
    long pause(RetriableException error) {
        long now = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        if (pause == 0) {
            begun = now;
            pause = firstPause;
        } else {
            pause = Math.min(2 * pause, longestPause);
        }
        if (limit != RedisSinkConfig.WITHOUT_END && now + pause - begun > limit) {
            throw failures.given(error, limit);
        }
        return pause;
    }

    /** It works again. */
    void end() {
        pause = 0;
    }
}
