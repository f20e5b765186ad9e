package sluice.registry;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Retries a request to the registry until it is answered, with a growing pause. */
public class RegistryRetry {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryRetry.class);
    private static final long FIRST_PAUSE_MS = 100;
    private static final long MAX_PAUSE_MS = 2_000;
    private static final long LOG_EVERY_MS = 60_000;

    /** A request to the registry. */
    public interface Request<T> {
        /** Returns the answer; null if the registry says that the schema does not exist. */
        T send() throws RegistryUnavailableException, InterruptedException;
    }

    /**
     * Sends a request, again and again while the registry is unavailable, and returns the answer. Returns null only
     * after all answers have been null for `unknownAfter`.
     */
    public <T> T retryUntilAnswered(String what, Duration unknownAfter, Request<T> request) {
        long started = millis();
        long logged = started - LOG_EVERY_MS;
        long unknownSince = Long.MIN_VALUE;
        for (long pause = FIRST_PAUSE_MS;; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
            try {
                T answer = request.send();
                long now = millis();
                unknownSince = unknownSince == Long.MIN_VALUE ? now : unknownSince;
                if (answer != null || now - unknownSince >= unknownAfter.toMillis()) {
                    return answer;
                }
            } catch (RegistryUnavailableException error) {
                unknownSince = Long.MIN_VALUE;
                unavailable(what, error);
                if (millis() - logged >= LOG_EVERY_MS) {
                    logged = millis();
                    LOG.warn("waiting for {}, {} s by now: {}", what, (logged - started) / 1000, error.getMessage());
                }
            } catch (InterruptedException stopping) {
                throw interrupted(what);
            }
            sleep(pause, what);
        }
    }

    /** Called after each try that the registry did not answer; may throw an exception instead of waiting here. */
    protected void unavailable(String what, RegistryUnavailableException error) { }

    private void sleep(long pause, String what) {
        try {
            pause(pause);
        } catch (InterruptedException stopping) {
            throw interrupted(what);
        }
    }

    private static WaitInterruptedError interrupted(String what) {
        Thread.currentThread().interrupt();
        return new WaitInterruptedError(what);
    }

    /** Returns the milliseconds of a monotonic clock. */
    protected long millis() {
        return System.nanoTime() / 1_000_000;
    }

    protected void pause(long millis) throws InterruptedException {
        Thread.sleep(millis);
    }

    /** Ends the task. An Error, because Connect makes a dead letter of the record for any Exception. */
    public static final class WaitInterruptedError extends Error {
        private static final long serialVersionUID = 1L;

        WaitInterruptedError(String what) {
            super("interrupted while waiting for " + what);
        }
    }
}
