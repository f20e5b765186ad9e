package sluice.sink;

import org.apache.kafka.connect.errors.ConnectException;

/**
 * The store, or its table, takes nothing from this task until a person changes something: a password, a right, a column.
 * No record's fault.
 */
public class RefusedException extends ConnectException {
    private static final long serialVersionUID = 1L;

    public RefusedException(String message) {
        super(message);
    }

    public RefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
