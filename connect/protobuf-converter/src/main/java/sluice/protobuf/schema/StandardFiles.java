package sluice.protobuf.schema;

import com.google.protobuf.AnyProto;
import com.google.protobuf.ApiProto;
import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DurationProto;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.EmptyProto;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.FieldMaskProto;
import com.google.protobuf.SourceContextProto;
import com.google.protobuf.StructProto;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.TypeProto;
import com.google.protobuf.WrappersProto;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** .proto files that schemas import without a reference in the registry: Google's and Confluent's own types. */
public final class StandardFiles {
    private static final Map<String, FileDescriptor> FILES = new HashMap<>();
    private static final ExtensionRegistry EXTENSIONS = ExtensionRegistry.newInstance();

    static {
        for (FileDescriptor file : List.of(DescriptorProtos.getDescriptor(), AnyProto.getDescriptor(),
                ApiProto.getDescriptor(), DurationProto.getDescriptor(), EmptyProto.getDescriptor(),
                FieldMaskProto.getDescriptor(), SourceContextProto.getDescriptor(), StructProto.getDescriptor(),
                TimestampProto.getDescriptor(), TypeProto.getDescriptor(), WrappersProto.getDescriptor())) {
            FILES.put(file.getName(), file);
        }
        load("confluent/meta.proto"); // First: the parser of the next ones asks for its extensions.
        for (FieldDescriptor extension : FILES.get("confluent/meta.proto").getExtensions()) {
            EXTENSIONS.add(extension, DynamicMessage.getDefaultInstance(extension.getMessageType()));
        }
        for (String name : List.of("confluent/type/decimal.proto", "google/type/date.proto",
                "google/type/decimal.proto", "google/type/timeofday.proto")) {
            load(name);
        }
    }

    private StandardFiles() { }

    /** Returns the file; null if it is none of these. */
    public static FileDescriptor find(String name) {
        return FILES.get(name);
    }

    /** Returns the options of confluent/meta.proto, in which Confluent's converter keeps a decimal's scale. */
    static ExtensionRegistry extensions() {
        return EXTENSIONS;
    }

    private static void load(String name) {
        try (InputStream stream = StandardFiles.class.getResourceAsStream("standard/" + name)) {
            FileDescriptorProto proto =
                    ProtoParser.parse(name, new String(stream.readAllBytes(), StandardCharsets.UTF_8));
            FileDescriptor[] imports =
                    proto.getDependencyList().stream().map(FILES::get).toArray(FileDescriptor[]::new);
            FILES.put(name, FileDescriptor.buildFrom(proto, imports));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } catch (DescriptorValidationException error) {
            throw new IllegalStateException(error);
        }
    }
}
