package sluice.protobuf.write;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Schema.Type;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;

/** Writes Structs of one schema as messages of the type that SchemaText generated for it. */
final class MessageWriter {
    private final Descriptor type;
    private final List<FieldWriter> fields = new ArrayList<>();

    private record FieldWriter(Field source, FieldDescriptor target, UnaryOperator<Object> convert) { }

    MessageWriter(Schema schema, Descriptor type) {
        this.type = type;
        for (Field field : schema.fields()) {
            FieldDescriptor target = type.findFieldByName(field.name());
            fields.add(new FieldWriter(field, target, conversion(field.schema(), target)));
        }
    }

    private static UnaryOperator<Object> conversion(Schema schema, FieldDescriptor target) {
        return switch (schema.type()) {
            case ARRAY -> list(element(schema.valueSchema(), target));
            case MAP -> map(schema, target.getMessageType());
            default -> element(schema, target);
        };
    }

    private static UnaryOperator<Object> element(Schema schema, FieldDescriptor target) {
        if (schema.type() != Type.STRUCT) {
            return WriterType.of(schema).convert();
        }
        MessageWriter writer = new MessageWriter(schema, target.getMessageType());
        return value -> writer.write((Struct) value);
    }

    private static UnaryOperator<Object> list(UnaryOperator<Object> element) {
        return value -> {
            List<Object> list = new ArrayList<>();
            for (Object entry : (Collection<?>) value) {
                list.add(element.apply(notNull(entry)));
            }
            return list;
        };
    }

    private static UnaryOperator<Object> map(Schema schema, Descriptor entryType) {
        FieldDescriptor keyField = entryType.findFieldByNumber(1);
        FieldDescriptor valueField = entryType.findFieldByNumber(2);
        UnaryOperator<Object> key = element(schema.keySchema(), keyField);
        UnaryOperator<Object> value = element(schema.valueSchema(), valueField);
        return map -> {
            List<Message> entries = new ArrayList<>();
            ((Map<?, ?>) map).forEach((name, content) -> entries.add(DynamicMessage.newBuilder(entryType)
                    .setField(keyField, key.apply(notNull(name)))
                    .setField(valueField, value.apply(notNull(content))).build()));
            return entries;
        };
    }

    private static Object notNull(Object entry) {
        if (entry == null) {
            throw new DataException("has an entry that is null, which Protobuf's lists and maps have not");
        }
        return entry;
    }

    /** Returns the message of a valid struct; throws a DataException that names a field that cannot be written. */
    Message write(Struct struct) {
        DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
        for (FieldWriter field : fields) {
            try {
                write(message, field, struct);
            } catch (DataException error) {
                throw new DataException(field.source().name() + ": " + error.getMessage(), error);
            }
        }
        return message.build();
    }

    private static void write(DynamicMessage.Builder message, FieldWriter field, Struct struct) {
        Schema schema = field.source().schema();
        // Struct.get would give the default of a field that is null.
        boolean nullable = schema.isOptional() && schema.defaultValue() != null;
        Object value = nullable ? struct.getWithoutDefault(field.source().name()) : struct.get(field.source());
        if (value != null) {
            message.setField(field.target(), field.convert().apply(value));
        }
    }
}
