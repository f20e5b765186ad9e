package sluice.mysql.encode;

import org.apache.kafka.connect.sink.SinkRecord;

/**
 * A record and where its row is in the batch's RowBuffer.
 *
 * @param record    the record as Connect gave it
 * @param layout    columns of the row; null for a deletion, which has the fields of the primary key only
 * @param start     position of the row's first byte
 * @param end       position after its last byte, which is a newline
 * @param keyStart  position of the primary key's fields, which are neighbours in the order of the primary key
 * @param keyEnd    position after the last of them
 * @param number    the primary key, if it is one integer column of at most 63 bits; 0 otherwise
 */
public record EncodedRecord(SinkRecord record, RowLayout layout, int start, int end, int keyStart, int keyEnd,
                            long number) { }
