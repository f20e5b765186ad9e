package sluice.protobuf.read;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.connect.errors.DataException;
import sluice.registry.WireFormat;

/**
 * The path of a value's message in its schema, and where the message's body begins. It is written as zigzag varints:
 * their number, then the indexes; a single 0 stands for the first message.
 */
public record MessageIndexes(List<Integer> path, int end) {
    private static final List<Integer> FIRST = List.of(0);
    private static final int MAX_VARINT_BITS = 35;

    /** Reads the path after the header; throws a DataException if it is cut short or cannot be right. */
    public static MessageIndexes read(byte[] value) {
        int start = WireFormat.HEADER_BYTES;
        if (value.length > start && value[start] == 0) {
            return new MessageIndexes(FIRST, start + 1);
        }
        Reader reader = new Reader(value, start);
        int count = reader.varint();
        if (count < 0 || count > value.length - reader.position) { // An index has a byte at least.
            throw new DataException("the value says that " + count + " message indexes follow, in "
                    + (value.length - reader.position) + " bytes");
        }
        List<Integer> path = new ArrayList<>(count);
        for (int index = 0; index < count; index++) {
            path.add(reader.varint());
        }
        return new MessageIndexes(path.isEmpty() ? FIRST : path, reader.position);
    }

    private static final class Reader {
        private final byte[] value;
        private int position;

        Reader(byte[] value, int position) {
            this.value = value;
            this.position = position;
        }

        int varint() {
            long number = 0;
            for (int shift = 0; shift < MAX_VARINT_BITS; shift += 7) {
                if (position == value.length) {
                    throw new DataException("the value is cut short: it ends in the indexes of its message");
                }
                byte next = value[position++];
                number |= (long) (next & 0x7f) << shift;
                if (next >= 0) {
                    int bits = (int) number;
                    return bits >>> 1 ^ -(bits & 1);
                }
            }
            throw new DataException("the value has an index of a message with more than five bytes");
        }
    }

    /** Returns the bytes of the path to the first message of a schema. */
    static byte[] first() {
        return new byte[] {0};
    }
}
