package sluice.protobuf.schema;

import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TextFormat.ParseException;
import java.util.ArrayList;
import java.util.List;
import sluice.protobuf.schema.ProtoTokens.Kind;

/**
 * Reads options of a .proto file. Those of descriptor.proto and of confluent/meta.proto are kept, custom ones are not:
 * nothing here depends on them.
 */
final class ProtoOptions {
    private static final TextFormat.Parser PARSER = TextFormat.getParser();

    private final ProtoTokens tokens;

    ProtoOptions(ProtoTokens tokens) {
        this.tokens = tokens;
    }

    /** Reads `name = value;` after the word option. */
    void statement(Message.Builder options) {
        option(options, null);
        tokens.expect(";");
    }

    /** Reads `[name = value, …]` if it is there. */
    void list(Message.Builder options, FieldDescriptorProto.Builder field) {
        if (!tokens.accept("[")) {
            return;
        }
        do {
            option(options, field);
        } while (tokens.accept(","));
        tokens.expect("]");
    }

    private void option(Message.Builder options, FieldDescriptorProto.Builder field) {
        List<String> path = path();
        tokens.expect("=");
        if (field != null && path.equals(List.of("default"))) {
            defaultValue(field);
        } else if (field != null && path.equals(List.of("json_name"))) {
            field.setJsonName(tokens.string().toStringUtf8());
        } else {
            String value = value();
            if (isKnown(options, path.get(0))) {
                merge(options, String.join(" { ", path) + value + " }".repeat(path.size() - 1));
            }
        }
    }

    private List<String> path() {
        List<String> path = new ArrayList<>();
        do {
            if (tokens.accept("(")) {
                path.add("[" + tokens.name().replaceFirst("^\\.", "") + "]");
                tokens.expect(")");
            } else {
                path.add(tokens.word());
            }
        } while (tokens.accept("."));
        return path;
    }

    /** Returns the value as protobuf's text format writes it after a field's name. */
    private String value() {
        int start = tokens.position();
        if (tokens.is("{")) {
            tokens.skipBlock();
            return " " + tokens.sourceSince(start);
        }
        boolean string = tokens.kind() == Kind.STRING;
        if (string) {
            tokens.string();
        } else {
            signed();
        }
        return ": " + tokens.sourceSince(start);
    }

    private String signed() {
        String sign = tokens.accept("-") ? "-" : tokens.accept("+") ? "" : "";
        if (tokens.kind() != Kind.WORD && tokens.kind() != Kind.NUMBER) {
            throw tokens.error("a value expected");
        }
        String value = sign + tokens.token();
        tokens.next();
        return value;
    }

    private void defaultValue(FieldDescriptorProto.Builder field) {
        if (tokens.kind() != Kind.STRING) {
            field.setDefaultValue(signed());
        } else if (field.getType() == Type.TYPE_BYTES) {
            field.setDefaultValue(TextFormat.escapeBytes(tokens.string()));
        } else {
            field.setDefaultValue(tokens.string().toStringUtf8());
        }
    }

    private static boolean isKnown(Message.Builder options, String first) {
        String extension = first.substring(1, Math.max(1, first.length() - 1));
        return first.startsWith("[") ? StandardFiles.extensions().findImmutableExtensionByName(extension) != null
                : options.getDescriptorForType().findFieldByName(first) != null;
    }

    private void merge(Message.Builder options, String text) {
        try {
            PARSER.merge(text, StandardFiles.extensions(), options);
        } catch (ParseException error) {
            throw tokens.error("the option before is not valid: " + error.getMessage());
        }
    }
}
