package sluice.protobuf.schema;

import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.connect.errors.DataException;
import sluice.registry.RegisteredSchema;
import sluice.registry.RegisteredSchema.Reference;
import sluice.registry.RegistryClient;
import sluice.registry.RegistryRetry;
import sluice.registry.SchemaCache;

/** Parses schemas of the registry; fetches those that they import. A registry that is unavailable is waited for. */
public final class ProtobufSchemas {
    private final RegistryClient registry;
    private final RegistryRetry retry;

    public ProtobufSchemas(RegistryClient registry, RegistryRetry retry) {
        this.registry = registry;
        this.retry = retry;
    }

    /** Returns the parsed schema; throws a DataException if it is not Protobuf, not valid, or an import is missing. */
    public ProtobufSchema parse(RegisteredSchema schema) {
        schema.requireType(RegisteredSchema.PROTOBUF, "Protobuf");
        String name = "the schema with the id " + schema.id();
        return new ProtobufSchema(schema.id(), new Imports().link(name, schema));
    }

    /** Imports of one schema: each file is linked once, as two descriptors of one type would be two types. */
    private final class Imports {
        private final Map<String, FileDescriptor> files = new HashMap<>();
        private final Set<String> open = new LinkedHashSet<>();

        FileDescriptor link(String name, RegisteredSchema schema) {
            if (!open.add(name)) {
                throw new DataException(name + " imports itself: " + String.join(" → ", open));
            }
            FileDescriptor file =
                    ProtobufSchema.link(name, schema.text(), imported -> find(imported, name, schema));
            open.remove(name);
            return file;
        }

        private FileDescriptor find(String imported, String by, RegisteredSchema schema) {
            FileDescriptor file = StandardFiles.find(imported);
            if (file == null) {
                file = files.get(imported);
            }
            if (file == null) {
                Reference reference = schema.references().stream()
                        .filter(candidate -> candidate.name().equals(imported)).findFirst()
                        .orElseThrow(() -> new DataException(by + " imports " + imported + ", and the registry at "
                                + registry.url() + " names no schema for it: register the schema with a reference"));
                file = link(imported, fetch(reference));
                files.put(imported, file);
            }
            return file;
        }

        private RegisteredSchema fetch(Reference reference) {
            String what = "version " + reference.version() + " of the subject " + reference.subject();
            RegisteredSchema schema = retry.retryUntilAnswered(what, SchemaCache.UNKNOWN_AFTER,
                    () -> registry.fetchVersion(reference.subject(), Integer.toString(reference.version())));
            if (schema == null) {
                throw new DataException("the registry at " + registry.url() + " has no " + what + ", which is imported "
                        + "as " + reference.name());
            }
            schema.requireType(RegisteredSchema.PROTOBUF, "Protobuf");
            return schema;
        }
    }
}
