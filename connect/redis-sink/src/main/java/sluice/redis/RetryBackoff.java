package sluice.redis;

import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.errors.RetriableException;

/** Pauses between retries, doubling up to a maximum, and the time after which to give up. */
final class RetryBackoff {
    private final RedisErrors errors;
    private final long timeout;
    private final long firstPause;
    private final long maxPause;
    private long started;
    private long pause;

    RetryBackoff(RedisSinkConfig config) {
        errors = new RedisErrors(config);
        timeout = config.getLong(RedisSinkConfig.RETRY_TIMEOUT_MS);
        firstPause = config.getLong(RedisSinkConfig.RETRY_BACKOFF_MS);
        maxPause = config.getLong(RedisSinkConfig.RETRY_BACKOFF_MAX_MS);
    }

    /** Returns the milliseconds to the next try; throws a ConnectException if that exceeds the retry timeout. */
    long nextPause(RetriableException error) {
        long now = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        if (pause == 0) {
            started = now;
            pause = firstPause;
        } else {
            pause = Math.min(2 * pause, maxPause);
        }
        if (timeout != RedisSinkConfig.NO_TIMEOUT && now + pause - started > timeout) {
            throw errors.gaveUp(error, timeout);
        }
        return pause;
    }

    /** Starts over: a try has succeeded. */
    void reset() {
        pause = 0;
    }
}
