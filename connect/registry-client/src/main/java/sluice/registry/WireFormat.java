package sluice.registry;

import java.nio.ByteBuffer;
import org.apache.kafka.connect.errors.DataException;

/** Confluent's wire format: a zero byte, four bytes of schema id, the body. */
public final class WireFormat {
    public static final int HEADER_BYTES = 5;

    private WireFormat() { }

    /**
     * Returns the schema's id.
     *
     * @param format what the value should be, for messages: "Avro"
     * @throws DataException if the value does not begin with a zero byte and an id
     */
    public static int readSchemaId(byte[] value, String format) {
        if (value.length == 0) {
            throw new DataException("the value is empty: neither " + format + " nor null, which would be a deletion");
        }
        if (value[0] != 0) {
            throw new DataException(String.format("the value is not %s: it begins with the byte 0x%02x%s, not with 0x00 "
                    + "and the id of a schema", format, value[0], value[0] == '{' ? ", as JSON does" : ""));
        }
        if (value.length < HEADER_BYTES) {
            throw new DataException("the value has " + value.length + " bytes: too few for the id of a schema");
        }
        return ByteBuffer.wrap(value, 1, Integer.BYTES).getInt();
    }

    /** Returns the header of a value by the schema with this id. */
    public static byte[] header(int id) {
        return ByteBuffer.allocate(HEADER_BYTES).put((byte) 0).putInt(id).array();
    }
}
