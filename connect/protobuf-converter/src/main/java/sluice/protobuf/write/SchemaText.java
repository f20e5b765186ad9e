package sluice.protobuf.write;

import com.google.protobuf.Descriptors.Descriptor;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Schema.Type;
import org.apache.kafka.connect.errors.DataException;

/**
 * Generates the .proto file of a struct's schema. Equal schemas have the same text: a field's number is its position,
 * or the one that it had in the schema before; messages are nested in the message that uses them first.
 */
final class SchemaText {
    private static final String DEFAULT_NAME = "Record";
    private static final int MAX_DEPTH = 30;
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Set<Type> MAP_KEYS =
            Set.of(Type.INT8, Type.INT16, Type.INT32, Type.INT64, Type.BOOLEAN, Type.STRING);

    private final Set<String> imports = new TreeSet<>();
    private final ArrayDeque<String> path = new ArrayDeque<>();

    private SchemaText() { }

    /**
     * Returns the text; throws a DataException that names the field if Protobuf has no type or name for it.
     *
     * @param previous the message of the schema before, whose fields keep their numbers; null if there is none
     */
    static String of(Schema schema, Descriptor previous) {
        String fullName = schema.name() == null ? DEFAULT_NAME : schema.name();
        int dot = fullName.lastIndexOf('.');
        SchemaText text = new SchemaText();
        String message = text.message(schema, messageName(fullName), "", previous);
        StringBuilder file = new StringBuilder("syntax = \"proto3\";\n\n");
        String packageName = dot < 0 ? "" : packageName(fullName.substring(0, dot));
        if (!packageName.isEmpty()) {
            file.append("package ").append(packageName).append(";\n\n");
        }
        text.imports.forEach(name -> file.append("import \"").append(name).append("\";\n"));
        return file.append(text.imports.isEmpty() ? "" : "\n").append(message).toString();
    }

    private static String packageName(String name) {
        StringBuilder parts = new StringBuilder();
        for (String part : name.split("\\.")) {
            if (!part.isEmpty()) {
                parts.append(parts.isEmpty() ? "" : ".").append(identifier(part));
            }
        }
        return parts.toString();
    }

    private static String messageName(String fullName) {
        String name = identifier(fullName.substring(fullName.lastIndexOf('.') + 1));
        return Character.toUpperCase(name.charAt(0)) + name.substring(1);
    }

    /** Topics and tables have names that Protobuf has not, my-db and 2024 among them; only fields' names must stay. */
    private static String identifier(String text) {
        String name = text.replaceAll("[^A-Za-z0-9_]", "_");
        return name.isEmpty() || Character.isDigit(name.charAt(0)) ? "_" + name : name;
    }

    private String message(Schema schema, String name, String indent, Descriptor previous) {
        if (path.size() > MAX_DEPTH) {
            throw new DataException("structs are nested more than " + MAX_DEPTH + " times: " + String.join(".", path));
        }
        Map<String, Schema> nested = new LinkedHashMap<>();
        Set<String> taken = new HashSet<>();
        schema.fields().forEach(field -> taken.add(field.name()));
        FieldNumbers numbers = new FieldNumbers(schema, previous);
        StringBuilder messages = new StringBuilder();
        StringBuilder fields = new StringBuilder();
        for (Field field : schema.fields()) {
            path.addLast(field.name());
            if (!NAME.matcher(field.name()).matches()) {
                throw new DataException("the field " + String.join(".", path) + " cannot be written as Protobuf: a "
                        + "name has the letters A to Z, digits and _; rename it, by the transform ReplaceField for example");
            }
            Scope scope = new Scope(nested, taken, messages, indent + "  ", previous);
            fields.append(indent).append("  ").append(label(field.schema())).append(type(field.schema(), scope))
                    .append(' ').append(field.name()).append(" = ").append(numbers.of(field))
                    .append(options(field.schema())).append(";\n");
            path.removeLast();
        }
        return indent + "message " + name + " {\n" + messages + numbers.reserved(indent + "  ") + fields
                + indent + "}\n";
    }

    /**
     * What a message's fields share: nested messages by name, names in use, the text of the nested messages, the
     * message as it was before.
     */
    private record Scope(
            Map<String, Schema> nested, Set<String> taken, StringBuilder messages, String indent,
            Descriptor previous) { }

    private static String label(Schema schema) {
        boolean message = schema.type() == Type.STRUCT || isCollection(schema) || WriterType.of(schema).file() != null;
        return schema.isOptional() && !message ? "optional " : ""; // A message's field may always be missing.
    }

    private static boolean isCollection(Schema schema) {
        return schema.type() == Type.ARRAY || schema.type() == Type.MAP;
    }

    private static String options(Schema schema) {
        Schema value = isCollection(schema) ? schema.valueSchema() : schema;
        return value.type() == Type.STRUCT || isCollection(value) ? "" : WriterType.of(value).options();
    }

    private String type(Schema schema, Scope scope) {
        return switch (schema.type()) {
            case ARRAY -> "repeated " + element(schema.valueSchema(), scope);
            case MAP -> "map<" + key(schema.keySchema()) + ", " + element(schema.valueSchema(), scope) + ">";
            default -> element(schema, scope);
        };
    }

    private String key(Schema schema) {
        WriterType type = MAP_KEYS.contains(schema.type()) ? WriterType.of(schema) : null;
        if (type == null || type.file() != null) {
            throw new DataException("the map " + String.join(".", path) + " has keys of the type " + schema.type()
                    + ": Protobuf's are whole numbers, text or booleans");
        }
        return type.name();
    }

    private String element(Schema schema, Scope scope) {
        if (isCollection(schema)) {
            throw new DataException("the field " + String.join(".", path) + " is a list or map inside another, which "
                    + "Protobuf has not: put the inner one into a struct");
        }
        if (schema.type() == Type.STRUCT) {
            return nested(schema, scope);
        }
        WriterType type = WriterType.of(schema);
        if (type.file() != null) {
            imports.add(type.file());
        }
        if (!type.options().isEmpty()) {
            imports.add("confluent/meta.proto");
        }
        return type.name();
    }

    private String nested(Schema schema, Scope scope) {
        String name = messageName(schema.name() == null ? path.peekLast() : schema.name());
        while (!isSame(scope.nested().get(name), schema) && (scope.taken().contains(name))) {
            name += "_";
        }
        if (scope.nested().putIfAbsent(name, schema) == null) {
            scope.taken().add(name);
            Descriptor previous = scope.previous() == null ? null : scope.previous().findNestedTypeByName(name);
            scope.messages().append(message(schema, name, scope.indent(), previous));
        }
        return name;
    }

    private static boolean isSame(Schema known, Schema schema) {
        return known != null && known.fields().equals(schema.fields());
    }
}
