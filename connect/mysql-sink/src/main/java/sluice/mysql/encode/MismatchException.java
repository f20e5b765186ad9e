package sluice.mysql.encode;

import sluice.sink.RefusedException;

/** A record's fields and the table's columns do not match, and mismatch.mode is "fail". */
public final class MismatchException extends RefusedException {
    private static final long serialVersionUID = 1L;

    MismatchException(String message) {
        super(message);
    }
}
