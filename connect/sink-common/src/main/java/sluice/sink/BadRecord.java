package sluice.sink;

import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;

/** A record that cannot be written, and why. */
public record BadRecord(SinkRecord record, DataException reason) {
    /** Returns where a record is, for messages: its topic, partition and offset. */
    public static String describe(SinkRecord record) {
        return "topic " + record.topic() + ", partition " + record.kafkaPartition() + ", offset " + record.kafkaOffset();
    }
}
