package sluice.mysql.encode;

import org.apache.kafka.connect.sink.SinkRecord;

/** Chooses the encoder of a record's value, for one topic and one table's definition. */
public interface ValueEncoders {
    /**
     * Returns the encoder, whose encode() is called next with the record's value, before another record is chosen for.
     * Throws a DataException if the value cannot be read, and a MismatchException if fields and columns do not match. Waits
     * for a registry that does not answer.
     */
    ValueEncoder choose(SinkRecord record);
}
