package sluice.mysql.detect;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sluice.mysql.avro.AvroPlan;
import sluice.mysql.avro.AvroValueEncoder;
import sluice.mysql.config.RecordSettings;
import sluice.mysql.encode.ConnectValueEncoders;
import sluice.mysql.encode.RowLayout;
import sluice.mysql.encode.RowPlan;
import sluice.mysql.encode.TableColumns;
import sluice.mysql.encode.ValueEncoder;
import sluice.mysql.encode.ValueEncoders;
import sluice.mysql.text.RowBuffer;
import sluice.registry.WireFormat;

/**
 * Chooses the encoder of a value by its first byte, for value.format=detect: `{` is JSON with its schema, 0 is the
 * registry's wire format, whose schema says what follows. For the records of one topic and one definition of a table.
 */
public final class DetectedValueEncoders implements ValueEncoders {
    private static final Logger LOG = LoggerFactory.getLogger(DetectedValueEncoders.class);

    private final DetectedSchemas schemas;
    private final TableColumns table;
    private final RecordSettings settings;
    private final ConnectValueEncoders connect;
    private final Map<Integer, Choice> byId = new HashMap<>();
    private final DecodedValueEncoder decoded = new DecodedValueEncoder();
    private int lastId;
    private Choice last;

    /** How values of one schema are encoded. */
    private interface Choice {
        ValueEncoder choose(byte[] value);
    }

    public DetectedValueEncoders(DetectedSchemas schemas, TableColumns table, RecordSettings settings) {
        this.schemas = schemas;
        this.table = table;
        this.settings = settings;
        connect = new ConnectValueEncoders(table, settings);
    }

    /**
     * Plans the latest schema of a topic's values, if there is one, so that a mismatch is known before there are
     * records. Throws a MismatchException if fields and columns do not match and mismatch.mode is "fail".
     */
    public void planLatest(String topic) {
        String subject = topic + "-value";
        try {
            DetectedSchema schema = schemas.latest(subject);
            if (schema instanceof DetectedSchema.Avro avro && avro.isRecord()) {
                AvroPlan.of(avro.id(), avro.avro(), avro.connect(), table, settings);
            } else if (schema != null && schema.connect() != null) {
                RowPlan.of(schema.connect(), table, settings);
            }
        } catch (DataException error) { // Its records will be dead letters; others may come.
            LOG.warn("the latest schema of {} does not suit table {}: {}", subject, table.table().name(),
                    error.getMessage());
        }
    }

    @Override
    public ValueEncoder choose(SinkRecord record) {
        if (!(record.value() instanceof byte[] value)) {
            throw new DataException("the value is a " + record.value().getClass().getName()
                    + ", not bytes: value.format=detect needs ByteArrayConverter");
        }
        if (value.length > 0 && value[0] == '{') {
            return decoded(schemas.decodeJson(record.topic(), value));
        }
        int id = WireFormat.readSchemaId(value, "Avro");
        if (last == null || id != lastId) {
            last = byId.get(id);
            if (last == null) {
                last = plan(id);
                byId.put(id, last);
            }
            lastId = id;
        }
        return last.choose(value);
    }

    private Choice plan(int id) {
        DetectedSchema schema = schemas.byId(id);
        if (!(schema instanceof DetectedSchema.Avro avro) || !avro.isRecord()) {
            return value -> decoded(schema.decode(value));
        }
        try {
            AvroValueEncoder encoder = AvroPlan.of(avro.id(), avro.avro(), avro.connect(), table, settings);
            return value -> encoder;
        } catch (DataException refused) { // Planned once, refused each time.
            return value -> {
                throw new DataException(refused.getMessage(), refused);
            };
        }
    }

    private ValueEncoder decoded(SchemaAndValue value) {
        if (value == null || value.value() == null) {
            throw new DataException("the value holds null: a deletion is a record without a value");
        }
        ValueEncoder encoder = connect.choose(value.value());
        return decoded.set(encoder, value.value());
    }

    /** Encodes a value that is decoded already, instead of the record's bytes. */
    private static final class DecodedValueEncoder implements ValueEncoder {
        private ValueEncoder encoder;
        private Object value;

        private DecodedValueEncoder set(ValueEncoder newEncoder, Object newValue) {
            encoder = newEncoder;
            value = newValue;
            return this;
        }

        @Override
        public RowLayout layout() {
            return encoder.layout();
        }

        @Override
        public void encode(Object bytes, RowBuffer row) {
            encoder.encode(value, row);
        }

        @Override
        public long checkedField() {
            return encoder.checkedField();
        }
    }
}
