package sluice.protobuf.read;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import org.apache.kafka.connect.errors.DataException;

/** Writes google.protobuf.Struct, Value and ListValue as JSON: Connect has no type for values of any shape. */
final class JsonText {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private JsonText() { }

    static String of(Message message) {
        try {
            return switch (message.getDescriptorForType().getName()) {
                case "Struct" -> node(Struct.parseFrom(message.toByteString())).toString();
                case "ListValue" -> node(ListValue.parseFrom(message.toByteString())).toString();
                default -> node(Value.parseFrom(message.toByteString())).toString();
            };
        } catch (InvalidProtocolBufferException error) {
            throw new DataException("is not valid: " + error.getMessage(), error);
        }
    }

    private static JsonNode node(Value value) {
        return switch (value.getKindCase()) {
            case NUMBER_VALUE -> number(value.getNumberValue());
            case STRING_VALUE -> NODES.textNode(value.getStringValue());
            case BOOL_VALUE -> NODES.booleanNode(value.getBoolValue());
            case STRUCT_VALUE -> node(value.getStructValue());
            case LIST_VALUE -> node(value.getListValue());
            case NULL_VALUE, KIND_NOT_SET -> NODES.nullNode();
        };
    }

    private static JsonNode number(double number) {
        if (!Double.isFinite(number)) {
            throw new DataException("has the number " + number + ", which JSON has not");
        }
        return NODES.numberNode(number);
    }

    private static ObjectNode node(Struct struct) {
        ObjectNode object = NODES.objectNode();
        struct.getFieldsMap().forEach((name, value) -> object.set(name, node(value)));
        return object;
    }

    private static ArrayNode node(ListValue list) {
        ArrayNode array = NODES.arrayNode();
        list.getValuesList().forEach(value -> array.add(node(value)));
        return array;
    }
}
