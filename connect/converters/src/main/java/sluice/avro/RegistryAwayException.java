package sluice.avro;

/** The registry did not answer, or not as one that is well: it is asked again. */
final class RegistryAwayException extends Exception {
    private static final long serialVersionUID = 1L;

    RegistryAwayException(String message, Throwable cause) {
        super(message, cause);
    }
}
