package sluice.mysql.batch;

import java.io.InputStream;
import sluice.mysql.encode.EncodedRecord;

/** Rows of a buffer in a certain order, as the stream that LOAD DATA reads. */
final class RowStream extends InputStream {
    private final byte[] bytes;
    private final EncodedRecord[] records;
    private final KeyOrder order;
    private int place;
    private int position;
    private int end;

    RowStream(byte[] bytes, EncodedRecord[] records, KeyOrder order) {
        this.bytes = bytes;
        this.records = records;
        this.order = order;
    }

    /** Fills `target` as far as there are rows: the driver makes a packet of each read. */
    @Override
    public int read(byte[] target, int offset, int length) {
        int filled = 0;
        while (filled < length && (position < end || nextRows())) {
            int count = Math.min(end - position, length - filled);
            System.arraycopy(bytes, position, target, offset + filled, count);
            position += count;
            filled += count;
        }
        return filled == 0 && length > 0 ? -1 : filled;
    }

    /** Takes the next row and those that follow it in the buffer too. */
    private boolean nextRows() {
        if (place == order.size()) {
            return false;
        }
        EncodedRecord first = records[order.at(place++)];
        position = first.start();
        end = first.end();
        while (place < order.size() && records[order.at(place)].start() == end) {
            end = records[order.at(place++)].end();
        }
        return true;
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }
}
