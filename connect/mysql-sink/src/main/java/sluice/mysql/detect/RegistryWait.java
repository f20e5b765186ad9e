package sluice.mysql.detect;

import org.apache.kafka.connect.errors.RetriableException;
import sluice.registry.RegistryRetry;
import sluice.registry.RegistryUnavailableException;

/**
 * Does not wait for a registry that does not answer, but lets put() be called again, as for the database: the task then
 * polls, commits, and says what it waits for.
 */
public final class RegistryWait extends RegistryRetry {
    @Override
    protected void unavailable(String what, RegistryUnavailableException error) {
        throw new RetriableException("waiting for " + what + ": " + error.getMessage(), error);
    }
}
