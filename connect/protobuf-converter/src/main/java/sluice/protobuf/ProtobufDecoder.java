package sluice.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UninitializedMessageException;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.DataException;
import sluice.protobuf.read.MessageIndexes;
import sluice.protobuf.read.MessageReader;
import sluice.protobuf.read.Precision;
import sluice.protobuf.read.ReaderFactory;
import sluice.protobuf.schema.ProtobufSchema;

/**
 * Decodes Protobuf in Confluent's wire format: a zero byte, four bytes of schema id, the path of the message in the
 * schema, the body. Not thread-safe.
 */
public final class ProtobufDecoder {
    private final Precision precision;
    private final boolean ignoresUnknownFields;
    private final Map<Descriptor, MessageReader> readers = new IdentityHashMap<>();

    /** Makes a decoder with the converter's default settings: microseconds, and unknown fields are errors. */
    public ProtobufDecoder() {
        this(Precision.MICROS, false);
    }

    ProtobufDecoder(Precision precision, boolean ignoresUnknownFields) {
        this.precision = precision;
        this.ignoresUnknownFields = ignoresUnknownFields;
    }

    /**
     * Decodes a record's value, header included, by the schema that its header names.
     *
     * @throws DataException if the value does not fit the schema, or Connect has no schema for it
     */
    public SchemaAndValue decode(byte[] value, ProtobufSchema schema) {
        MessageIndexes indexes = MessageIndexes.read(value);
        Descriptor type = schema.message(indexes.path());
        MessageReader reader = reader(type);
        try {
            DynamicMessage message = DynamicMessage.newBuilder(type)
                    .mergeFrom(value, indexes.end(), value.length - indexes.end()).build();
            return new SchemaAndValue(reader.schema(), reader.read(message));
        } catch (DataException error) {
            throw error;
        } catch (UninitializedMessageException error) {
            List<String> missing = error.getMissingFields();
            throw new DataException("the value has no " + String.join(", ", missing) + ", required by the schema with "
                    + "the id " + schema.id(), error);
        } catch (InvalidProtocolBufferException | RuntimeException error) {
            throw new DataException("the value is not what the schema with the id " + schema.id() + " says: "
                    + error.getMessage(), error);
        }
    }

    /**
     * Returns the schema of decoded values if the file has one message; null if it has several, or none.
     *
     * @throws DataException if Connect has no schema for it
     */
    public Schema schemaOfOnlyMessage(ProtobufSchema schema) {
        return schema.hasOneMessage() ? reader(schema.message(List.of(0))).schema() : null;
    }

    private MessageReader reader(Descriptor type) {
        MessageReader reader = readers.get(type);
        if (reader == null) {
            reader = new ReaderFactory(precision, ignoresUnknownFields).root(type);
            readers.put(type, reader);
        }
        return reader;
    }
}
