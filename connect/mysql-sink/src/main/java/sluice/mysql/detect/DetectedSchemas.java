package sluice.mysql.detect;

import io.apicurio.registry.utils.converter.avro.AvroData;
import io.apicurio.registry.utils.converter.avro.AvroDataConfig;
import java.util.Map;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.json.JsonConverter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sluice.avro.AvroCodec;
import sluice.protobuf.ProtobufDecoder;
import sluice.protobuf.schema.ProtobufSchemas;
import sluice.registry.RegisteredSchema;
import sluice.registry.RegistryClient;
import sluice.registry.RegistryRetry;
import sluice.registry.RegistryUnavailableException;
import sluice.registry.SchemaCache;

/** Schemas of values in the formats that value.format=detect reads. One for a task. Not thread-safe. */
public final class DetectedSchemas {
    private static final Logger LOG = LoggerFactory.getLogger(DetectedSchemas.class);

    private final RegistryClient registry;
    private final SchemaCache<DetectedSchema> schemas;
    private final AvroData avroData = new AvroData(new AvroDataConfig(Map.of()));
    private final ProtobufSchemas protobufs;
    private final ProtobufDecoder protobuf = new ProtobufDecoder();
    /** Made for the first value in JSON. */
    private JsonConverter json;

    /** `retry` decides how a registry is waited for that does not answer. */
    public DetectedSchemas(RegistryClient registry, RegistryRetry retry) {
        this.registry = registry;
        protobufs = new ProtobufSchemas(registry, retry);
        schemas = new SchemaCache<>(registry, retry, this::read);
    }

    private DetectedSchema read(RegisteredSchema registered) {
        return switch (registered.type()) {
            case RegisteredSchema.AVRO -> new DetectedSchema.Avro(registered.id(), AvroCodec.of(registered), avroData);
            case RegisteredSchema.PROTOBUF ->
                    new DetectedSchema.Protobuf(registered.id(), protobufs.parse(registered), protobuf);
            default -> throw new DataException("the schema with the id " + registered.id() + " is " + registered.type()
                    + ", neither Avro nor Protobuf");
        };
    }

    /** Returns the schema with this id; throws a DataException if it is unknown, invalid or of another type. */
    DetectedSchema byId(int id) {
        return schemas.byId(id);
    }

    /**
     * Returns the latest schema of a subject; null without one, or if the registry does not answer. That is not waited
     * for: records that need it will wait.
     */
    DetectedSchema latest(String subject) {
        try {
            RegisteredSchema latest = registry.fetchVersion(subject, "latest");
            return latest == null ? null : read(latest);
        } catch (RegistryUnavailableException error) {
            LOG.warn("the latest schema of {} is not compared with the table: {}", subject, error.getMessage());
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
        return null;
    }

    /** Decodes JSON with its schema, as Connect's JsonConverter writes it. */
    SchemaAndValue decodeJson(String topic, byte[] value) {
        if (json == null) {
            json = new JsonConverter();
            json.configure(Map.of("schemas.enable", true), false);
        }
        try {
            return json.toConnectData(topic, value);
        } catch (DataException error) {
            throw error;
        } catch (RuntimeException error) {
            throw new DataException("the value cannot be read as JSON with a schema: " + error.getMessage(), error);
        }
    }
}
