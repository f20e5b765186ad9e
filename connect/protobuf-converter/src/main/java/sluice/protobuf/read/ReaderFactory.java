package sluice.protobuf.read;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.errors.DataException;

/** Plans how a message's fields are read: Connect's schema of each, and the conversion of its values. */
public final class ReaderFactory {
    /** Parameter of a schema that says which unsigned type it was. */
    public static final String TYPE_PARAMETER = "protobuf.type";
    public static final String UINT32 = "uint32";
    public static final String UINT64 = "uint64";
    /** Digits of 2^64, as Debezium says it */
    private static final String PRECISION_PARAMETER = "connect.decimal.precision";
    private static final int UINT64_DIGITS = 20;

    private record Use(Descriptor type, boolean optional) { }

    private final StandardTypes standardTypes;
    private final boolean ignoresUnknownFields;
    private final Map<Use, MessageReader> messages = new HashMap<>();
    private final Set<String> open = new LinkedHashSet<>();

    public ReaderFactory(Precision precision, boolean ignoresUnknownFields) {
        standardTypes = new StandardTypes(precision);
        this.ignoresUnknownFields = ignoresUnknownFields;
    }

    /** Returns the reader of a record's message; throws a DataException if Connect has no schema for it. */
    public MessageReader root(Descriptor type) {
        return message(type, false);
    }

    private MessageReader message(Descriptor type, boolean optional) {
        Use use = new Use(type, optional);
        MessageReader known = messages.get(use);
        if (known != null) {
            return known;
        }
        if (!open.add(type.getFullName())) {
            throw new DataException("the message " + type.getFullName() + " contains itself ("
                    + String.join(" → ", open) + " → " + type.getFullName() + "): Connect's schemas cannot");
        }
        SchemaBuilder schema = SchemaBuilder.struct().name(type.getFullName());
        List<MessageReader.FieldReader> fields = new ArrayList<>();
        for (FieldDescriptor field : type.getFields()) {
            ValueReader reader = field(field);
            schema.field(field.getName(), reader.schema());
            fields.add(new MessageReader.FieldReader(field, reader));
        }
        open.remove(type.getFullName());
        Schema built = (optional ? schema.optional() : schema).build();
        MessageReader reader = new MessageReader(built, fields, ignoresUnknownFields);
        messages.put(use, reader);
        return reader;
    }

    private ValueReader field(FieldDescriptor field) {
        if (field.isMapField()) {
            return map(field);
        }
        if (field.isRepeated()) {
            ValueReader element = value(field, false);
            return ValueReader.of(SchemaBuilder.array(element.schema()).build(), values -> list(values, element));
        }
        // A field with a default of its own (proto2) is never null: every Protobuf program reads the default.
        return value(field, field.hasPresence() && !field.hasDefaultValue() && !field.isRequired());
    }

    private static List<Object> list(Object values, ValueReader element) {
        List<?> source = (List<?>) values;
        List<Object> list = new ArrayList<>(source.size());
        for (Object value : source) {
            list.add(element.read(value));
        }
        return list;
    }

    private ValueReader map(FieldDescriptor field) {
        FieldDescriptor keyField = field.getMessageType().findFieldByNumber(1);
        FieldDescriptor valueField = field.getMessageType().findFieldByNumber(2);
        ValueReader key = value(keyField, false);
        ValueReader value = value(valueField, false);
        return ValueReader.of(SchemaBuilder.map(key.schema(), value.schema()).build(), entries -> {
            Map<Object, Object> map = new HashMap<>();
            for (Object entry : (List<?>) entries) {
                Message message = (Message) entry;
                map.put(key.read(message.getField(keyField)), value.read(message.getField(valueField)));
            }
            return map;
        });
    }

    private ValueReader value(FieldDescriptor field, boolean optional) {
        return switch (field.getType()) {
            case INT32, SINT32, SFIXED32 -> same(SchemaBuilder.int32(), optional);
            case INT64, SINT64, SFIXED64 -> same(SchemaBuilder.int64(), optional);
            case UINT32, FIXED32 -> ValueReader.of(
                    build(SchemaBuilder.int64().parameter(TYPE_PARAMETER, UINT32), optional),
                    value -> Integer.toUnsignedLong((Integer) value));
            case UINT64, FIXED64 -> ValueReader.of(build(Decimal.builder(0).parameter(TYPE_PARAMETER, UINT64)
                            .parameter(PRECISION_PARAMETER, Integer.toString(UINT64_DIGITS)), optional),
                    value -> unsigned((Long) value));
            case FLOAT -> same(SchemaBuilder.float32(), optional);
            case DOUBLE -> same(SchemaBuilder.float64(), optional);
            case BOOL -> same(SchemaBuilder.bool(), optional);
            case STRING -> same(SchemaBuilder.string(), optional);
            case BYTES -> ValueReader.of(build(SchemaBuilder.bytes(), optional),
                    value -> ((ByteString) value).toByteArray());
            case ENUM -> ValueReader.of(build(SchemaBuilder.string(), optional),
                    value -> enumText((EnumValueDescriptor) value));
            case MESSAGE, GROUP -> messageValue(field, optional);
        };
    }

    private ValueReader messageValue(FieldDescriptor field, boolean optional) {
        Descriptor type = field.getMessageType();
        if (StandardTypes.isWrapper(type)) {
            FieldDescriptor wrapped = type.findFieldByNumber(1);
            ValueReader reader = value(wrapped, optional);
            return ValueReader.of(reader.schema(), message -> reader.read(((Message) message).getField(wrapped)));
        }
        ValueReader standard = standardTypes.reader(field, optional);
        return standard == null ? message(type, optional) : standard;
    }

    private static ValueReader same(SchemaBuilder schema, boolean optional) {
        return ValueReader.of(build(schema, optional), value -> value);
    }

    static Schema build(SchemaBuilder schema, boolean optional) {
        return (optional ? schema.optional() : schema).build();
    }

    private static BigDecimal unsigned(long bits) {
        BigInteger number = BigInteger.valueOf(bits);
        return new BigDecimal(bits < 0 ? number.add(BigInteger.ONE.shiftLeft(Long.SIZE)) : number);
    }

    /** Returns the value's name; the number as text if the schema has no name for it. */
    private static String enumText(EnumValueDescriptor value) {
        return value.getIndex() < 0 ? Integer.toString(value.getNumber()) : value.getName();
    }
}
