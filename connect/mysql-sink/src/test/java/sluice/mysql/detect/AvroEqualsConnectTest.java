package sluice.mysql.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import sluice.avro.AvroConverter;
import sluice.mysql.avro.RandomAvro;
import sluice.mysql.column.TableDefinition;
import sluice.mysql.config.RecordSettings;
import sluice.mysql.encode.ConnectValueEncoders;
import sluice.mysql.encode.TableColumns;
import sluice.mysql.encode.ValueEncoder;
import sluice.mysql.encode.ValueEncoders;
import sluice.mysql.text.RowBuffer;
import sluice.registry.RegistryClient;
import sluice.registry.RegistryRetry;
import sluice.registry.WireFormat;
import sluice.testing.FakeRegistry;

/**
 * Random Avro schemas, tables and values: the fields that AvroValueEncoder writes from the bytes are those that come
 * from AvroConverter's structs, or both refuse the value. Another seed: -Dsluice.seed=N.
 */
@Timeout(value = 100, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AvroEqualsConnectTest {
    private static final String TOPIC = "t";
    private static final int SCHEMAS = 400;
    private static final int TABLES = 2;
    private static final int VALUES = 8;
    private static final long SEED = Long.getLong("sluice.seed", 20_121_116);

    private final Random random = new Random(SEED);
    private final RandomAvro avro = new RandomAvro(random);
    private final RandomTable tables = new RandomTable(random);
    private FakeRegistry registry;
    private AvroConverter converter;
    private DetectedSchemas schemas;

    @BeforeEach
    void start() throws Exception {
        registry = new FakeRegistry();
        converter = new AvroConverter();
        converter.configure(Map.of("schema.registry.url", registry.url()), false);
        schemas = new DetectedSchemas(new RegistryClient(registry.url()), new RegistryRetry());
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    /** Encoders of both kinds for one table. */
    private final class Pair {
        private final TableDefinition table;
        private final ValueEncoders fromBytes;
        private final ValueEncoders fromConnect;
        private String refusals = "";

        Pair(TableDefinition table, RecordSettings settings) {
            this.table = table;
            TableColumns columns = new TableColumns(table);
            fromBytes = new DetectedValueEncoders(schemas, columns, settings);
            fromConnect = new ConnectValueEncoders(columns, settings);
        }

        /** Returns the text of the value's fields and the layout's columns; null if the value is refused. */
        private String encode(ValueEncoders encoders, org.apache.kafka.connect.data.Schema schema, Object value) {
            ValueEncoder encoder = encoders.choose(new SinkRecord(TOPIC, 0, null, "1", schema, value, 0));
            RowBuffer row = new RowBuffer();
            encoder.encode(value, row);
            return encoder.layout().columns().stream().map(one -> one.column().name()).toList()
                    + new String(row.bytes(), 0, row.size(), StandardCharsets.ISO_8859_1);
        }

        private String fromBytes(byte[] value) {
            try {
                return encode(fromBytes, null, value);
            } catch (DataException refused) {
                refusals += "from bytes: " + refused.getMessage() + "; ";
                return null;
            }
        }

        private String fromConnect(byte[] value) {
            SchemaAndValue data;
            try {
                data = converter.toConnectData(TOPIC, value);
            } catch (RuntimeException refused) { // AvroData's too, for a decimal of no bytes or without a scale
                refusals += "AvroConverter: " + refused.getMessage() + "; ";
                return null;
            }
            try {
                return encode(fromConnect, data.schema(), data.value());
            } catch (DataException refused) {
                refusals += "from structs: " + refused.getMessage() + "; ";
                return null;
            }
        }

        /** Returns true if the value was encoded, in the same way. */
        private boolean assertSame(Schema schema, byte[] value) {
            refusals = "";
            String expected = fromConnect(value);
            String found;
            try {
                found = fromBytes(value);
            } catch (RuntimeException error) {
                return fail("seed " + SEED + ", schema " + schema + ", " + table + ", " + hex(value), error);
            }
            assertEquals(expected, found, () -> "seed " + SEED + ", schema " + schema + ", " + table + ", value "
                    + hex(value) + ", " + refusals);
            return found != null;
        }
    }

    private static String hex(byte[] value) {
        return HexFormat.of().formatHex(value);
    }

    private Pair pair(Schema schema) {
        boolean keyOfValue = random.nextInt(4) == 0;
        TableDefinition table = tables.of(schema, keyOfValue);
        List<String> keyFields = keyOfValue ? table.primaryKey() : List.of("id");
        return new Pair(table, new RecordSettings(!keyOfValue, keyFields, null, false));
    }

    @Test
    void rowsFromBytesAreThoseFromStructs() {
        int encoded = 0;
        for (int id = 1; id <= SCHEMAS; id++) {
            Schema schema = avro.record();
            registry.schemas.put(id, schema.toString());
            for (int table = 0; table < TABLES; table++) {
                Pair pair = pair(schema);
                for (int count = 0; count < VALUES; count++) {
                    encoded += pair.assertSame(schema, avro.value(schema, WireFormat.header(id))) ? 1 : 0;
                }
            }
        }
        assertTrue(encoded > SCHEMAS * TABLES * VALUES / 4, "only " + encoded + " values were encoded");
    }

    @Test
    void changedValuesEndInARowOrAReason() {
        for (int id = 1; id <= SCHEMAS; id++) {
            Schema schema = avro.record();
            registry.schemas.put(id, schema.toString());
            Pair pair = pair(schema);
            for (int count = 0; count < VALUES; count++) {
                byte[] value = avro.value(schema, WireFormat.header(id));
                for (int at = WireFormat.HEADER_BYTES; at < value.length; at++) {
                    value[at] = random.nextInt(8) == 0 ? (byte) random.nextInt() : value[at];
                }
                pair.fromBytes(value);
            }
        }
    }
}
