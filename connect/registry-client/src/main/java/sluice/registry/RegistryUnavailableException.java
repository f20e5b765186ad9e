package sluice.registry;

/** The registry did not answer, or with an error of its own: the request is retried. */
public final class RegistryUnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    RegistryUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
