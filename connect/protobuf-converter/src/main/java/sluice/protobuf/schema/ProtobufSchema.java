package sluice.protobuf.schema;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.connect.errors.DataException;

/** A schema of the registry: its id, and the .proto file with its imports. */
public final class ProtobufSchema {
    private final int id;
    private final FileDescriptor file;

    public ProtobufSchema(int id, FileDescriptor file) {
        this.id = id;
        this.file = file;
    }

    public int id() {
        return id;
    }

    /**
     * Returns the descriptor of a schema's text: a .proto file, or a serialised FileDescriptorProto in base64, which
     * clients in Python, C# and Go register.
     *
     * @param name the file's name, for messages
     * @param imports returns an imported file; throws a DataException if there is none
     * @throws DataException if the text is not valid
     */
    public static FileDescriptor link(String name, String text, Function<String, FileDescriptor> imports) {
        FileDescriptorProto proto = isBase64(text) ? decode(name, text) : ProtoParser.parse(name, text);
        FileDescriptor[] files = proto.getDependencyList().stream().map(imports).toArray(FileDescriptor[]::new);
        try {
            return FileDescriptor.buildFrom(proto.toBuilder().setName(name).build(), files);
        } catch (DescriptorValidationException | RuntimeException error) {
            if (error instanceof DataException known) {
                throw known;
            }
            throw new DataException(name + " is not valid Protobuf: " + error.getMessage(), error);
        }
    }

    /** Every .proto file has a character that base64 has not: a semicolon, a quote or a brace. */
    private static boolean isBase64(String text) {
        return !text.isEmpty() && text.chars().allMatch(character -> character < 0x80
                && (Character.isLetterOrDigit(character) || "+/=\r\n".indexOf(character) >= 0));
    }

    private static FileDescriptorProto decode(String name, String text) {
        try {
            return FileDescriptorProto.parseFrom(Base64.getMimeDecoder().decode(text), StandardFiles.extensions());
        } catch (IllegalArgumentException | InvalidProtocolBufferException error) {
            throw new DataException(name + " is neither a .proto file nor its descriptor in base64: "
                    + error.getMessage(), error);
        }
    }

    /** Returns the file's first message; null if it has none. */
    public Descriptor firstMessage() {
        return file.getMessageTypes().isEmpty() ? null : file.getMessageTypes().get(0);
    }

    public boolean hasOneMessage() {
        return file.getMessageTypes().size() == 1;
    }

    /** Returns the message at a path of indexes: the index in the file, then in that message, and so on. */
    public Descriptor message(List<Integer> indexes) {
        List<Descriptor> candidates = file.getMessageTypes();
        Descriptor message = null;
        for (int index : indexes) {
            if (index < 0 || index >= candidates.size()) {
                throw new DataException("the value names the message " + indexes + ", which the schema with the id "
                        + id + " has not: " + candidates.size() + " messages are there");
            }
            message = candidates.get(index);
            candidates = message.getNestedTypes();
        }
        return message;
    }
}
