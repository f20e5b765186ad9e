package sluice.avro;

import io.apicurio.registry.utils.converter.avro.AvroData;
import io.apicurio.registry.utils.converter.avro.AvroDataConfig;
import java.util.Map;
import org.apache.avro.generic.GenericContainer;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.storage.Converter;
import sluice.registry.RegisteredSchema;
import sluice.registry.RegistryClient;
import sluice.registry.RegistryRetry;
import sluice.registry.RegistrySettings;
import sluice.registry.SchemaCache;
import sluice.registry.WireFormat;

/**
 * Converts Avro in Confluent's wire format: a zero byte, four bytes of schema id, the Avro body.
 *
 * <p>An invalid record is a DataException, which makes it a dead letter. A registry that is unavailable is retried
 * here, without a limit: Connect would retry a RetriableException, but if the task is stopped or moved meanwhile, it
 * makes a dead letter of the record all the same.
 */
public final class AvroConverter implements Converter {
    private final NullableDefaultRemover nullableDefaults = new NullableDefaultRemover();
    private SchemaCache<AvroCodec> schemas;
    private AvroData data;
    private boolean isKey;

    @Override
    public ConfigDef config() {
        return RegistrySettings.define(AvroDataConfig.baseConfigDef());
    }

    @Override
    public void configure(Map<String, ?> settings, boolean isKeyConverter) {
        isKey = isKeyConverter;
        data = new AvroData(new AvroDataConfig(settings));
        RegistrySettings registry = RegistrySettings.of(new AbstractConfig(config(), settings, false), "");
        schemas = new SchemaCache<>(new RegistryClient(registry), new RegistryRetry(), AvroCodec::of);
    }

    @Override
    public SchemaAndValue toConnectData(String topic, byte[] value) {
        if (value == null) {
            return SchemaAndValue.NULL;
        }
        int id = WireFormat.readSchemaId(value, "Avro");
        AvroCodec codec = schemas.byId(id);
        Object datum = codec.decode(value, WireFormat.HEADER_BYTES, id);
        try {
            return data.toConnectData(codec.schema(), datum);
        } catch (DataException error) {
            throw error;
        } catch (RuntimeException | StackOverflowError error) { // A decimal of no bytes; a schema that contains itself
            throw new DataException(
                    "the value by the schema with the id " + id + " cannot be converted: " + error, error);
        }
    }

    @Override
    public byte[] fromConnectData(String topic, Schema schema, Object value) {
        Object datum = data.fromConnectData(
                nullableDefaults.removeFrom(schema), nullableDefaults.convert(schema, value));
        if (datum == null) {
            return null;
        }
        if (!(datum instanceof GenericContainer container)) {
            throw new DataException("a " + datum.getClass().getName() + " without a schema cannot be written as Avro");
        }
        String subject = topic + (isKey ? "-key" : "-value");
        int id = schemas.idOf(subject, RegisteredSchema.AVRO, container.getSchema(), Object::toString);
        return AvroCodec.encode(container, WireFormat.header(id));
    }
}
