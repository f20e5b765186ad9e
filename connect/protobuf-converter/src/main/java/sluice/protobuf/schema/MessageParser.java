package sluice.protobuf.schema;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.DescriptorProtos.OneofOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Parses messages and enums of a .proto file. */
final class MessageParser {
    /** Nested definitions: protoc itself ends at 32. */
    private static final int MAX_DEPTH = 32;
    private static final int MAX_NUMBER = 0x1fff_ffff;
    private static final Map<String, Type> SCALARS = scalars();

    private final ProtoTokens tokens;
    private final ProtoOptions options;
    private final BooleanSupplier isProto3;

    MessageParser(ProtoTokens tokens, ProtoOptions options, BooleanSupplier isProto3) {
        this.tokens = tokens;
        this.options = options;
        this.isProto3 = isProto3;
    }

    private static Map<String, Type> scalars() {
        Map<String, Type> scalars = new HashMap<>();
        for (Type type : Type.values()) {
            if (!List.of(Type.TYPE_GROUP, Type.TYPE_MESSAGE, Type.TYPE_ENUM).contains(type)) {
                scalars.put(type.name().substring("TYPE_".length()).toLowerCase(java.util.Locale.ROOT), type);
            }
        }
        return scalars;
    }

    /** Parses a message from its name on. */
    DescriptorProto parseMessage(int depth) {
        return parseBody(DescriptorProto.newBuilder().setName(tokens.word()), depth).build();
    }

    private DescriptorProto.Builder parseBody(DescriptorProto.Builder message, int depth) {
        if (depth > MAX_DEPTH) {
            throw tokens.error("messages are nested more than " + MAX_DEPTH + " times");
        }
        tokens.expect("{");
        List<FieldDescriptorProto.Builder> fields = new ArrayList<>();
        while (!tokens.accept("}")) {
            parseElement(message, fields, depth);
        }
        addSyntheticOneofs(message, fields);
        fields.forEach(message::addField);
        return message;
    }

    private void parseElement(DescriptorProto.Builder message, List<FieldDescriptorProto.Builder> fields, int depth) {
        int start = tokens.position();
        if (tokens.accept(";")) {
            return;
        }
        String first = tokens.name(); // A field's type may be called message or option: the token after it decides.
        boolean named = tokens.kind() == ProtoTokens.Kind.WORD;
        if (named && (first.equals("export") || first.equals("local")) && (tokens.is("message") || tokens.is("enum"))) {
            first = tokens.word();
        }
        if (named && first.equals("message") && !isField()) {
            message.addNestedType(parseMessage(depth + 1));
        } else if (named && first.equals("enum") && !isField()) {
            message.addEnumType(parseEnum());
        } else if (named && first.equals("oneof") && !isField()) {
            parseOneof(message, fields, depth);
        } else if (first.equals("extend") && !isField()) {
            parseExtend(message).forEach(message::addExtension);
        } else if (first.equals("option") && !isField()) {
            options.statement(message.getOptionsBuilder());
        } else if (first.equals("reserved") || first.equals("extensions")) {
            parseRanges(message, first.equals("extensions"));
        } else if (first.equals("map") && tokens.is("<")) {
            fields.add(parseMap(message));
        } else {
            fields.add(parseField(message, first, depth));
        }
        assert tokens.position() > start;
    }

    /** Returns whether the current token is a field's name: `message = 1;` after a type of that name is rare. */
    private boolean isField() {
        return tokens.is("=");
    }

    private FieldDescriptorProto.Builder parseField(DescriptorProto.Builder parent, String first, int depth) {
        FieldDescriptorProto.Builder field = FieldDescriptorProto.newBuilder();
        String type = first;
        Label label = switch (first) {
            case "repeated" -> Label.LABEL_REPEATED;
            case "required" -> Label.LABEL_REQUIRED;
            default -> Label.LABEL_OPTIONAL;
        };
        boolean labelled = List.of("repeated", "required", "optional").contains(first) && !tokens.is("=");
        if (labelled) {
            type = tokens.name();
        }
        field.setLabel(labelled ? label : Label.LABEL_OPTIONAL);
        field.setProto3Optional(labelled && label == Label.LABEL_OPTIONAL && isProto3.getAsBoolean());
        if (!field.getProto3Optional()) {
            field.clearProto3Optional();
        }
        if (type.equals("group")) {
            return parseGroup(parent, field, depth);
        }
        setType(field, type);
        field.setName(tokens.word());
        return parseNumber(field);
    }

    private static void setType(FieldDescriptorProto.Builder field, String type) {
        Type scalar = SCALARS.get(type);
        if (scalar == null) {
            field.setTypeName(type); // Whether it is a message or an enum, FileDescriptor finds out.
        } else {
            field.setType(scalar);
        }
    }

    private FieldDescriptorProto.Builder parseNumber(FieldDescriptorProto.Builder field) {
        tokens.expect("=");
        field.setNumber(tokens.integer());
        options.list(field.getOptionsBuilder(), field);
        tokens.expect(";");
        return field;
    }

    private FieldDescriptorProto.Builder parseGroup(
            DescriptorProto.Builder parent, FieldDescriptorProto.Builder field, int depth) {
        String name = tokens.word();
        tokens.expect("=");
        field.setName(name.toLowerCase(java.util.Locale.ROOT)).setNumber(tokens.integer());
        field.setType(Type.TYPE_GROUP).setTypeName(name);
        options.list(field.getOptionsBuilder(), field);
        parent.addNestedType(parseBody(DescriptorProto.newBuilder().setName(name), depth + 1));
        return field;
    }

    private FieldDescriptorProto.Builder parseMap(DescriptorProto.Builder parent) {
        tokens.expect("<");
        FieldDescriptorProto.Builder key = entryField("key", 1);
        tokens.expect(",");
        FieldDescriptorProto.Builder value = entryField("value", 2);
        tokens.expect(">");
        String name = tokens.word();
        String entry = entryName(name);
        parent.addNestedType(DescriptorProto.newBuilder().setName(entry).addField(key).addField(value)
                .setOptions(MessageOptions.newBuilder().setMapEntry(true)));
        return parseNumber(FieldDescriptorProto.newBuilder().setName(name).setLabel(Label.LABEL_REPEATED)
                .setType(Type.TYPE_MESSAGE).setTypeName(entry));
    }

    private FieldDescriptorProto.Builder entryField(String name, int number) {
        FieldDescriptorProto.Builder field = FieldDescriptorProto.newBuilder()
                .setName(name).setNumber(number).setLabel(Label.LABEL_OPTIONAL);
        setType(field, tokens.name());
        return field;
    }

    /** Returns the name that protoc gives a map's entries: values_by_id → ValuesByIdEntry. */
    private static String entryName(String field) {
        StringBuilder name = new StringBuilder();
        boolean upper = true;
        for (char character : field.toCharArray()) {
            if (character == '_') {
                upper = true;
            } else {
                name.append(upper ? Character.toUpperCase(character) : character);
                upper = false;
            }
        }
        return name.append("Entry").toString();
    }

    private void parseOneof(DescriptorProto.Builder message, List<FieldDescriptorProto.Builder> fields, int depth) {
        OneofDescriptorProto.Builder oneof = OneofDescriptorProto.newBuilder().setName(tokens.word());
        tokens.expect("{");
        while (!tokens.accept("}")) {
            if (tokens.accept(";")) {
                continue;
            }
            String first = tokens.name();
            if (first.equals("option") && !isField()) {
                OneofOptions.Builder builder = oneof.getOptionsBuilder();
                options.statement(builder);
            } else {
                fields.add(parseField(message, first, depth).setOneofIndex(message.getOneofDeclCount()));
            }
        }
        message.addOneofDecl(oneof);
    }

    /** A proto3 `optional` is a oneof of one field, after the message's own. */
    private static void addSyntheticOneofs(DescriptorProto.Builder message, List<FieldDescriptorProto.Builder> fields) {
        for (FieldDescriptorProto.Builder field : fields) {
            if (field.getProto3Optional()) {
                field.setOneofIndex(message.getOneofDeclCount());
                message.addOneofDecl(OneofDescriptorProto.newBuilder().setName("_" + field.getName()));
            }
        }
    }

    /** Parses the numbers of `extensions`, or the numbers and names of `reserved`. */
    private void parseRanges(DescriptorProto.Builder message, boolean extensions) {
        while (!tokens.accept(";")) {
            if (tokens.kind() == ProtoTokens.Kind.NUMBER) {
                int first = tokens.integer();
                int end = 1 + (!tokens.accept("to") ? first : tokens.accept("max") ? MAX_NUMBER : tokens.integer());
                if (extensions) {
                    message.addExtensionRangeBuilder().setStart(first).setEnd(end);
                } else {
                    message.addReservedRangeBuilder().setStart(first).setEnd(end);
                }
            } else if (tokens.kind() == ProtoTokens.Kind.STRING) {
                message.addReservedName(tokens.string().toStringUtf8());
            } else if (tokens.kind() == ProtoTokens.Kind.END || tokens.is("}")) {
                throw tokens.error("';' expected");
            } else {
                tokens.next();
            }
        }
    }

    /** Parses what extends a message, from its name on. Groups of it become nested types of `parent`. */
    List<FieldDescriptorProto> parseExtend(DescriptorProto.Builder parent) {
        String extendee = tokens.name();
        List<FieldDescriptorProto> extensions = new ArrayList<>();
        tokens.expect("{");
        while (!tokens.accept("}")) {
            if (!tokens.accept(";")) {
                FieldDescriptorProto.Builder field = parseField(parent, tokens.name(), 0);
                extensions.add(field.setExtendee(extendee).build());
            }
        }
        return extensions;
    }

    /** Parses an enum from its name on. */
    EnumDescriptorProto parseEnum() {
        EnumDescriptorProto.Builder type = EnumDescriptorProto.newBuilder().setName(tokens.word());
        tokens.expect("{");
        while (!tokens.accept("}")) {
            if (tokens.accept(";")) {
                continue;
            }
            String name = tokens.word();
            if (name.equals("option") && !isField()) {
                options.statement(type.getOptionsBuilder());
            } else if (name.equals("reserved") && !isField()) {
                parseRanges(DescriptorProto.newBuilder(), false);
            } else {
                tokens.expect("=");
                EnumValueDescriptorProto.Builder value = EnumValueDescriptorProto.newBuilder()
                        .setName(name).setNumber(tokens.integer());
                options.list(value.getOptionsBuilder(), null);
                tokens.expect(";");
                type.addValue(value);
            }
        }
        return type.build();
    }
}
