package sluice.protobuf.write;

import com.google.protobuf.Descriptors.Descriptor;
import java.time.Duration;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import sluice.protobuf.schema.ProtobufSchemas;
import sluice.registry.RegisteredSchema;
import sluice.registry.RegistryClient;
import sluice.registry.RegistryRetry;

/** Writers of one subject's records, by Connect's schema. A registry that is unavailable is waited for. */
public final class SubjectWriters {
    /** Limits the memory for a source that creates a schema for each record; others have few schemas and reuse them. */
    private static final int MAX_WRITERS = 1000;

    private final RegistryClient registry;
    private final RegistryRetry retry;
    private final ProtobufSchemas schemas;
    private final String subject;
    /** By identity: comparing equal schemas compares all their fields. */
    private final Map<Schema, RecordWriter> writers = new IdentityHashMap<>();
    private final Map<Schema, RecordWriter> equalWriters = new HashMap<>();

    public SubjectWriters(RegistryClient registry, RegistryRetry retry, String subject) {
        this.registry = registry;
        this.retry = retry;
        this.subject = subject;
        schemas = new ProtobufSchemas(registry, retry);
    }

    /** Returns the writer of a schema; throws a DataException if Protobuf has no schema like it. */
    public RecordWriter of(Schema schema) {
        RecordWriter writer = writers.get(schema);
        if (writer == null) {
            if (writers.size() >= MAX_WRITERS) {
                writers.clear();
                equalWriters.clear();
            }
            writer = equalWriters.get(schema);
            if (writer == null) {
                writer = RecordWriter.of(schema, latestMessage());
                equalWriters.put(schema, writer);
            }
            writers.put(schema, writer);
        }
        return writer;
    }

    /** Returns the message of the subject's latest schema; null if there is none, or it is not Protobuf. */
    private Descriptor latestMessage() {
        RegisteredSchema latest = retry.retryUntilAnswered("the latest schema of " + subject, Duration.ZERO,
                () -> registry.fetchVersion(subject, "latest"));
        boolean isProtobuf = latest != null && latest.type().equals(RegisteredSchema.PROTOBUF);
        return isProtobuf ? schemas.parse(latest).firstMessage() : null;
    }
}
