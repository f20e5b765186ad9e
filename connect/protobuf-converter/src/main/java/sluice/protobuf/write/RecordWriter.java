package sluice.protobuf.write;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import sluice.protobuf.schema.ProtobufSchema;
import sluice.protobuf.schema.StandardFiles;
import sluice.registry.WireFormat;

/** Writes the records of one schema: its .proto file, and its message. */
public final class RecordWriter {
    private final String text;
    private final MessageWriter writer;

    private RecordWriter(String text, MessageWriter writer) {
        this.text = text;
        this.writer = writer;
    }

    /**
     * Returns the writer of a schema; throws a DataException if Protobuf has no schema like it.
     *
     * @param previous the message of the schema before, whose fields keep their numbers; null if there is none
     */
    static RecordWriter of(Schema schema, Descriptor previous) {
        String text = SchemaText.of(schema, previous);
        ProtobufSchema parsed = new ProtobufSchema(0,
                ProtobufSchema.link("the generated schema", text, StandardFiles::find));
        return new RecordWriter(text, new MessageWriter(schema, parsed.message(List.of(0))));
    }

    /** Returns the .proto file. */
    public String text() {
        return text;
    }

    /** Returns the message of a struct; throws a DataException if a value of it cannot be written. */
    public Message message(Struct struct) {
        try {
            return writer.write(struct);
        } catch (DataException error) {
            throw error;
        } catch (RuntimeException error) {
            throw new DataException("the value cannot be written as Protobuf: " + error.getMessage(), error);
        }
    }

    /** Returns the record's bytes: the header with the schema's id, the path to the first message, the message. */
    public static byte[] encode(Message message, int id) {
        int start = WireFormat.HEADER_BYTES + 1;
        byte[] value = new byte[start + message.getSerializedSize()];
        System.arraycopy(WireFormat.header(id), 0, value, 0, WireFormat.HEADER_BYTES);
        try {
            message.writeTo(CodedOutputStream.newInstance(value, start, value.length - start));
        } catch (IOException impossible) { // The output is in memory, and has the right size.
            throw new UncheckedIOException(impossible);
        }
        return value;
    }
}
