package sluice.sink;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkTaskContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pauses between tries, doubling up to a maximum, and the time after which to give up. Without a limit the task waits for
 * a person too: a task that has failed is started again only when its turn comes, which may be an hour later.
 */
public final class RetryBackoff {
    /** Value of the retry timeout: retry without a limit. */
    public static final long NO_TIMEOUT = -1;

    private static final Logger LOG = LoggerFactory.getLogger(RetryBackoff.class);
    /** How much longer the longest pause is after a refusal: a person needs time, and each try may be a failed login. */
    private static final int REFUSED_FACTOR = 6;
    private static final long LOG_EVERY_MS = 60_000;
    /** A shorter wait, such as one for a lock, is not reported. */
    private static final long REPORT_AFTER_MS = 1_000;
    /** How often a report is renewed: one that is older is of a task that has ended. */
    private static final Duration REPORT_EVERY = Duration.ofSeconds(20);
    private static final int MAX_REPORT = 800;

    private final String timeoutSetting;
    private final long timeout;
    private final long firstPause;
    private final long maxPause;
    private long started;
    private long tried;
    private long logged;
    private long pause;
    private int tries;
    private boolean postponed;
    private Instant since;
    private ConnectException reason;

    /** All times are milliseconds; `timeoutSetting` is the name of the setting that `timeout` is the value of. */
    public RetryBackoff(String timeoutSetting, long timeout, long firstPause, long maxPause) {
        this.timeoutSetting = timeoutSetting;
        this.timeout = timeout;
        this.firstPause = firstPause;
        this.maxPause = maxPause;
    }

    /**
     * Returns the exception by which put() asks for the same records again, after a pause.
     *
     * @param error a RetriableException or a RefusedException
     * @throws ConnectException if retries are limited, and this is a refusal or the limit is reached
     */
    public RetriableException retry(SinkTaskContext context, ConnectException error) {
        postponed = false;
        context.timeout(nextPause(error));
        return error instanceof RetriableException retriable ? retriable
                : new RetriableException(error.getMessage(), error);
    }

    /** Takes the failure of what can be done later; throws a refusal if retries are limited. */
    public void postpone(ConnectException error) {
        if (timeout == NO_TIMEOUT) {
            postponed |= reason == null;
            nextPause(error);
        } else if (error instanceof RetriableException) {
            LOG.warn("{}; retrying with the first records", error.getMessage());
        } else {
            throw error;
        }
    }

    private long nextPause(ConnectException error) {
        boolean refused = !(error instanceof RetriableException);
        if (refused && timeout != NO_TIMEOUT) {
            throw error;
        }
        tried = now();
        if (reason == null) {
            started = tried;
            logged = started - LOG_EVERY_MS;
            since = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            pause = firstPause;
        } else {
            pause = Math.min(2 * pause, refused ? REFUSED_FACTOR * maxPause : maxPause);
        }
        reason = error;
        tries++;
        if (timeout != NO_TIMEOUT && tried + pause - started > timeout) {
            throw new ConnectException("gave up after " + timeout + " ms (" + timeoutSetting + "): " + error.getMessage()
                    + ". Nothing is lost: once it is back, restart the task.", error);
        }
        if (tried - logged >= LOG_EVERY_MS) {
            logged = tried;
            LOG.warn("waiting, {} s by now, and trying again every {} s at most: {}", (tried - started) / 1000,
                    (refused ? REFUSED_FACTOR * maxPause : maxPause) / 1000, error.getMessage());
        }
        return pause;
    }

    /** Returns whether the last try failed and no other has succeeded. */
    public boolean waits() {
        return reason != null;
    }

    /** Returns whether to try again now, though there are no records to write: none wait any more, if any did. */
    public boolean due() {
        boolean due = reason != null && timeout == NO_TIMEOUT && now() - tried >= pause;
        postponed |= due;
        return due;
    }

    /** What could be postponed was done: starts over, unless records wait. */
    public void notPostponed() {
        if (postponed) {
            reset();
        }
    }

    /** Returns how many tries in a row have failed. */
    public int tries() {
        return tries;
    }

    /** Starts over: a try has succeeded. */
    public void reset() {
        if (reason != null && now() - started >= LOG_EVERY_MS) {
            LOG.info("goes on after {} s", (now() - started) / 1000);
        }
        reason = null;
        postponed = false;
        tries = 0;
    }

    /** Returns since when the task waits, until when at least, and for what, in one line; nothing if it does not. */
    public String report() {
        if (reason == null || reason instanceof RetriableException && now() - started < REPORT_AFTER_MS) {
            return "";
        }
        Instant now = Instant.now();
        Instant at = now.minusSeconds(now.getEpochSecond() % REPORT_EVERY.toSeconds()).truncatedTo(ChronoUnit.SECONDS);
        String text = String.valueOf(reason.getMessage()).replaceAll("\\s+", " ");
        String start = text.length() > MAX_REPORT ? text.substring(0, MAX_REPORT) + "…" : text;
        String what = reason instanceof RetriableException ? "waits" : "is refused";
        // The zero at the end: Python's client reads the text as far as one, and without it bytes of other memory.
        return what + " since " + since + ", still at " + at + ": " + start + '\0';
    }

    private static long now() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }
}
