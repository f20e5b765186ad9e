package sluice.protobuf.read;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.List;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;

/** Reads messages of one type into Structs. */
public final class MessageReader implements ValueReader {
    private final Schema schema;
    private final FieldReader[] fields;
    private final boolean ignoresUnknownFields;

    /** A field of the message, the field of the Struct, and the conversion from one to the other. */
    record FieldReader(FieldDescriptor source, ValueReader reader) { }

    MessageReader(Schema schema, List<FieldReader> fields, boolean ignoresUnknownFields) {
        this.schema = schema;
        this.fields = fields.toArray(FieldReader[]::new);
        this.ignoresUnknownFields = ignoresUnknownFields;
    }

    @Override
    public Schema schema() {
        return schema;
    }

    @Override
    public Struct read(Object value) {
        Message message = (Message) value;
        if (!ignoresUnknownFields && !message.getUnknownFields().isEmpty()) {
            throw new DataException("the value has fields that " + message.getDescriptorForType().getFullName()
                    + " of its schema has not, with the numbers " + message.getUnknownFields().asMap().keySet()
                    + "; the setting unknown.fields=ignore leaves them out");
        }
        Struct struct = new Struct(schema);
        List<Field> targets = schema.fields();
        for (int index = 0; index < fields.length; index++) {
            FieldDescriptor source = fields[index].source();
            if (!source.hasPresence() || source.hasDefaultValue() || message.hasField(source)) {
                struct.put(targets.get(index), read(fields[index], message.getField(source)));
            }
        }
        return struct;
    }

    private static Object read(FieldReader field, Object value) {
        try {
            return field.reader().read(value);
        } catch (DataException error) {
            throw new DataException(field.source().getName() + ": " + error.getMessage(), error);
        }
    }
}
