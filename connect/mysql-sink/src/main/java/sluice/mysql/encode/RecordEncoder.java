package sluice.mysql.encode;

import org.apache.kafka.connect.sink.SinkRecord;
import sluice.mysql.text.RowBuffer;

/** Encodes records of one topic as rows of one table, as its definition was when the encoder was made. */
public interface RecordEncoder {
    /**
     * Appends the record's row to `rows`: the primary key's fields first if they come from the record's key, then those
     * of the value. For a deletion (a null value) the row has the fields of the primary key alone.
     *
     * <p>Throws a DataException for a bad record; the caller truncates what was written. Throws a MismatchException if
     * fields and columns do not match and mismatch.mode is "fail". Waits for a registry that does not answer.
     */
    EncodedRecord encode(SinkRecord record, RowBuffer rows);
}
