package sluice.avro;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the registry until it answers. */
class Patience {
    private static final Logger LOG = LoggerFactory.getLogger(Patience.class);
    private static final long FIRST_PAUSE_MS = 100;
    private static final long LONGEST_PAUSE_MS = 2_000;
    private static final long LOG_EVERY_MS = 60_000;

    /** One question to the registry. */
    interface Question<T> {
        /** The answer; null where the registry says that there is none. */
        T ask() throws RegistryAwayException, InterruptedException;
    }

    /**
     * The answer to a question, asked again for as long as the registry is away. An answer of null counts when it has
     * been the same for `nothing`.
     */
    <T> T untilAnswered(String what, Duration nothing, Question<T> question) {
        long begun = millis();
        long logged = begun - LOG_EVERY_MS;
        long nothingSince = Long.MIN_VALUE;
        for (long pause = FIRST_PAUSE_MS;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
            try {
                T answer = question.ask();
                long now = millis();
                nothingSince = nothingSince == Long.MIN_VALUE ? now : nothingSince;
                if (answer != null || now - nothingSince >= nothing.toMillis()) {
                    return answer;
                }
            } catch (RegistryAwayException away) {
                nothingSince = Long.MIN_VALUE;
                if (millis() - logged >= LOG_EVERY_MS) {
                    logged = millis();
                    LOG.warn("waiting for {}, {} s by now: {}", what, (logged - begun) / 1000, away.getMessage());
                }
            } catch (InterruptedException stopping) {
                throw interrupted(what);
            }
            sleep(pause, what);
        }
    }

    private void sleep(long pause, String what) {
        try {
            pause(pause);
        } catch (InterruptedException stopping) {
            throw interrupted(what);
        }
    }

    private static WaitInterrupted interrupted(String what) {
        Thread.currentThread().interrupt();
        return new WaitInterrupted(what);
    }

    /** Milliseconds of a clock that only goes forward. */
    long millis() {
        return System.nanoTime() / 1_000_000;
    }

    void pause(long millis) throws InterruptedException {
        Thread.sleep(millis);
    }

    /** Ends the task and no record. An Exception would end the record: Connect makes a dead letter of any. */
    static final class WaitInterrupted extends Error {
        private static final long serialVersionUID = 1L;

        WaitInterrupted(String what) {
            super("interrupted while waiting for " + what);
        }
    }
}
