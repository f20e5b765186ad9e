package sluice.mysql.encode;

import org.apache.kafka.connect.errors.ConnectException;

/** A record's fields and the table's columns do not match, and mismatch.mode is "fail": the task stops. */
public final class MismatchException extends ConnectException {
    private static final long serialVersionUID = 1L;

    MismatchException(String message) {
        super(message);
    }
}
