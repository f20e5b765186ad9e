package sluice.sink;

import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;

/** Pauses between retries, doubling up to a maximum, and the time after which to give up. */
public final class RetryBackoff {
    /** Value of the retry timeout: retry without a limit. */
    public static final long NO_TIMEOUT = -1;

    private final String timeoutSetting;
    private final long timeout;
    private final long firstPause;
    private final long maxPause;
    private long started;
    private long pause;

    /** All times are milliseconds; `timeoutSetting` is the name of the setting that `timeout` is the value of. */
    public RetryBackoff(String timeoutSetting, long timeout, long firstPause, long maxPause) {
        this.timeoutSetting = timeoutSetting;
        this.timeout = timeout;
        this.firstPause = firstPause;
        this.maxPause = maxPause;
    }

    /** Returns the milliseconds to the next try; throws a ConnectException if that exceeds the retry timeout. */
    public long nextPause(RetriableException error) {
        long now = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        if (pause == 0) {
            started = now;
            pause = firstPause;
        } else {
            pause = Math.min(2 * pause, maxPause);
        }
        if (timeout != NO_TIMEOUT && now + pause - started > timeout) {
            throw new ConnectException("gave up after " + timeout + " ms (" + timeoutSetting + "): " + error.getMessage()
                    + ". Nothing is lost: once it is back, restart the task.", error);
        }
        return pause;
    }

    /** Starts over: a try has succeeded. */
    public void reset() {
        pause = 0;
    }
}
