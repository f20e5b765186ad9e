package sluice.avro;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.connect.errors.DataException;

/**
 * Reads Avro's binary encoding from a byte array. Refuses what Avro's BinaryDecoder does, and text that is no
 * UTF-8, and never trusts a length: nothing is read, skipped or allocated beyond the bytes that are there. Not
 * thread-safe.
 */
public final class AvroInput {
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int SEVEN_BITS = 0x7f;
    private static final int LAST_SHIFT_OF_INT = 28;
    private static final int LAST_SHIFT_OF_LONG = 63;

    /**
     * Items of arrays and maps that take no bytes, such as empty records: most in one value. Nothing else limits their
     * number, and a value of ten bytes could keep a task busy for years.
     */
    private static final long MAX_EMPTY_ITEMS = 1 << 20;

    private final int schemaId;
    private byte[] bytes;
    private int position;
    private long emptyItems;

    /** Reads values of the schema with this id. */
    public AvroInput(int schemaId) {
        this.schemaId = schemaId;
    }

    /** Begins a value, which is read from `start` to the end of `value`. */
    public void reset(byte[] value, int start) {
        bytes = value;
        position = start;
        emptyItems = 0;
    }

    public int schemaId() {
        return schemaId;
    }

    public byte[] bytes() {
        return bytes;
    }

    public int position() {
        return position;
    }

    /** Moves to a position that was reached before. */
    public void moveTo(int known) {
        position = known;
    }

    public int remaining() {
        return bytes.length - position;
    }

    public boolean readBoolean() {
        return readByte() == 1;
    }

    public int readInt() {
        int value = 0;
        for (int shift = 0; shift <= LAST_SHIFT_OF_INT; shift += 7) {
            int one = readByte();
            value |= (one & SEVEN_BITS) << shift;
            if (one >= 0) {
                return value >>> 1 ^ -(value & 1);
            }
        }
        throw invalid("Invalid int encoding");
    }

    public long readLong() {
        long value = 0;
        for (int shift = 0; shift <= LAST_SHIFT_OF_LONG; shift += 7) {
            int one = readByte();
            value |= (long) (one & SEVEN_BITS) << shift;
            if (one >= 0) {
                return value >>> 1 ^ -(value & 1);
            }
        }
        throw invalid("Invalid long encoding");
    }

    public float readFloat() {
        return Float.intBitsToFloat((int) INTS.get(bytes, skip(Float.BYTES)));
    }

    public double readDouble() {
        return Double.longBitsToDouble((long) LONGS.get(bytes, skip(Double.BYTES)));
    }

    /** Reads the index of a union's branch or of an enum's symbol: one of `count`. */
    public int readIndex(int count) {
        int index = readInt();
        if (index < 0 || index >= count) {
            throw invalid("Index " + index + " out of bounds for length " + count);
        }
        return index;
    }

    /** Reads the length of text or bytes, which begin at `position` afterwards and are there in full. */
    public int readLength() {
        long length = readLong();
        if (length < 0) {
            throw invalid("Malformed data. Length is negative: " + length);
        }
        if (length > remaining()) {
            throw cutShort();
        }
        return (int) length;
    }

    /** Reads the length of text, which begins at `position` afterwards and is UTF-8. */
    public int readText() {
        int length = readLength();
        if (Utf8Characters.count(bytes, position, length) < 0) {
            throw invalid("text that is not UTF-8");
        }
        return length;
    }

    public String readString() {
        int length = readText();
        return new String(bytes, skip(length), length, StandardCharsets.UTF_8);
    }

    /**
     * Reads the number of items in the next block of an array or map; 0 at its end.
     *
     * @param minBytes least number of bytes of an item
     */
    public long readBlock(int minBytes) {
        long count = readLong();
        if (count < 0) {
            readLong(); // The block's size in bytes, for readers that skip it; BinaryDecoder ignores it as well.
            count = -count;
        }
        if (count < 0) {
            throw invalid("Malformed data. Length is negative: " + count);
        }
        if (minBytes > 0 && count > remaining() / minBytes) {
            throw cutShort();
        }
        if (minBytes == 0) {
            emptyItems += Math.min(count, MAX_EMPTY_ITEMS + 1);
            if (emptyItems > MAX_EMPTY_ITEMS) {
                throw invalid("more than " + MAX_EMPTY_ITEMS + " items of no bytes");
            }
        }
        return count;
    }

    /** Skips `count` bytes and returns the position of the first. */
    public int skip(int count) {
        int first = position;
        if (count > bytes.length - first) {
            throw cutShort();
        }
        position = first + count;
        return first;
    }

    /** Throws a DataException if the value has bytes left. */
    public void end() {
        if (position != bytes.length) {
            throw new DataException(remaining() + " bytes follow the end of the value, by the schema with the id "
                    + schemaId);
        }
    }

    public DataException invalid(String reason) {
        return new DataException("the value is not what the schema with the id " + schemaId + " says: " + reason);
    }

    private DataException cutShort() {
        return new DataException("the value is cut short: it ends before the schema with the id " + schemaId + " does");
    }

    private byte readByte() {
        return bytes[skip(1)];
    }
}
