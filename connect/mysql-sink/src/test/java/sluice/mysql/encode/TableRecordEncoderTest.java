package sluice.mysql.encode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.mysql.column.Column;
import sluice.mysql.column.TableDefinition;
import sluice.mysql.config.RecordSettings;
import sluice.mysql.text.RowBuffer;

/** Keys, deletions and what does not match. */
class TableRecordEncoderTest {
    private static final Schema VALUE = SchemaBuilder.struct().field("name", Schema.OPTIONAL_STRING_SCHEMA)
            .field("at", Schema.INT64_SCHEMA).build();
    private static final RecordSettings BY_KEY = new RecordSettings(true, List.of("id"), "at", true);

    private final RowBuffer rows = new RowBuffer();

    private static Column column(String name, String type, boolean hasDefault) {
        int bracket = (type + "(").indexOf('(');
        return new Column(name, type, type.substring(0, bracket).split(" ")[0], 9, 0, 0, type.contains("unsigned"),
                hasDefault, hasDefault, false);
    }

    private static TableColumns table(List<String> key, Column... columns) {
        return new TableColumns(new TableDefinition("t", List.of(columns), key, null, false, ""));
    }

    private static TableColumns fixes(String keyType) {
        return table(List.of("id"), column("id", keyType, false), column("name", "varchar(9)", true),
                column("at", "bigint", false), column("extra", "int", true));
    }

    private static Struct value(long at) {
        return new Struct(VALUE).put("name", "n").put("at", at);
    }

    private static SinkRecord record(Schema keySchema, Object key, Object value) {
        return new SinkRecord("topic", 0, keySchema, key, null, value, 0);
    }

    private static TableRecordEncoder encoder(TableColumns table, RecordSettings settings) {
        return new TableRecordEncoder(table, settings, new ConnectValueEncoders(table, settings));
    }

    private String text(EncodedRecord record) {
        return new String(rows.bytes(), record.start(), record.end() - record.start(), StandardCharsets.UTF_8);
    }

    private static String mistake(Class<? extends Throwable> type, org.junit.jupiter.api.function.Executable call) {
        return assertThrows(type, call).getMessage();
    }

    @Test
    void keyComesFirst() {
        TableRecordEncoder encoder = encoder(fixes("bigint"), BY_KEY);
        EncodedRecord first = encoder.encode(record(Schema.STRING_SCHEMA, "-7", value(-7)), rows);
        EncodedRecord second = encoder.encode(record(Schema.INT64_SCHEMA, 8L, value(8)), rows);
        assertEquals("-7\tn\t-7\n", text(first));
        assertEquals("8\tn\t8\n", text(second));
        assertEquals(-7, first.number());
        assertEquals(List.of(0, 2), List.of(first.keyStart(), first.keyEnd()));
        assertSame(first.layout(), second.layout());
        assertEquals(List.of("id", "name", "at"),
                first.layout().columns().stream().map(format -> format.column().name()).toList());
    }

    @Test
    void eachKeyMayHaveASchemaObjectOfItsOwn() {
        TableRecordEncoder encoder = encoder(fixes("bigint"), BY_KEY);
        for (long key = 0; key < 3_000; key++) {
            Schema schema = SchemaBuilder.struct().field("id", Schema.INT64_SCHEMA).build();
            Struct struct = new Struct(schema).put("id", key);
            assertEquals(key, encoder.encode(record(schema, struct, value(key)), rows).number());
        }
    }

    @Test
    void nullValueIsADeletion() {
        EncodedRecord deletion = encoder(fixes("bigint"), BY_KEY).encode(record(null, 9L, null), rows);
        assertNull(deletion.layout());
        assertEquals("9\n", text(deletion));
        assertEquals(9, deletion.number());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "007", "+7", "7.0", "7e0", " 7", "-0", "", "9223372036854775808", "18446744073709551623", "x"})
    void textThatIsNoCanonicalNumberIsABadKey(String key) {
        TableRecordEncoder encoder = encoder(fixes("bigint"), BY_KEY);
        String message = mistake(DataException.class, () -> encoder.encode(record(null, key, value(7)), rows));
        assertTrue(message.contains("column id (bigint)"), message);
    }

    @Test
    void unsignedKeyHasNoNumber() {
        TableRecordEncoder encoder = encoder(fixes("bigint unsigned"), BY_KEY);
        EncodedRecord record = encoder.encode(record(null, "18446744073709551615", value(-1)), rows);
        assertEquals("18446744073709551615\tn\t-1\n", text(record));
        assertEquals(0, record.number());
        assertThrows(DataException.class, () -> encoder.encode(record(null, "18446744073709551616", value(0)), rows));
    }

    @Test
    void keyMustEqualTheField() {
        TableRecordEncoder encoder = encoder(fixes("bigint"), BY_KEY);
        assertEquals("the key is 7, and field at is 8: they must be equal (key.must.equal)",
                mistake(DataException.class, () -> encoder.encode(record(null, "7", value(8)), rows)));
        Schema other = SchemaBuilder.struct().field("unknown", Schema.STRING_SCHEMA).build();
        Struct foreign = new Struct(other).put("unknown", "");
        assertEquals("the value has no field at, which must equal the key (key.must.equal)",
                mistake(DataException.class, () -> encoder.encode(record(null, "7", foreign), rows)));
    }

    @Test
    void keyOfTheValueComesFirst() {
        RecordSettings settings = new RecordSettings(false, List.of("B", "a"), null, true);
        TableColumns table = table(List.of("b", "a"), column("a", "int", false), column("v", "varchar(9)", true),
                column("b", "int", false));
        Map<String, Object> value = Map.of("a", 1, "v", "\t", "b", 2);
        EncodedRecord record = encoder(table, settings).encode(record(null, null, value), rows);
        assertEquals("2\t1\t\\t\n", text(record));
        assertEquals(List.of(0, 3), List.of(record.keyStart(), record.keyEnd()));
        TableRecordEncoder encoder = encoder(table, settings);
        String message = mistake(DataException.class, () -> encoder.encode(record(null, 1, null), rows));
        assertTrue(message.contains("row to delete is not known"), message);
    }

    @Test
    void structKeyGoesByItsFields() {
        TableColumns table = table(List.of("b", "a"), column("a", "int", false), column("b", "varchar(9)", false));
        RecordSettings settings = new RecordSettings(true, List.of(), null, true);
        Schema schema = SchemaBuilder.struct().field("A", Schema.INT32_SCHEMA).field("B", Schema.STRING_SCHEMA).build();
        TableRecordEncoder encoder = encoder(table, settings);
        Struct key = new Struct(schema).put("A", 1).put("B", "'");
        EncodedRecord deletion = encoder.encode(record(schema, key, null), rows);
        assertEquals("\\'\t1\n", text(deletion));
        assertEquals("\\'\t1\n", text(encoder.encode(record(null, Map.of("a", 1, "b", "'"), null), rows)));
        Struct both = new Struct(schema).put("A", 1).put("B", "x");
        assertEquals("x\t1\n", text(encoder.encode(record(schema, both, both), rows)));
        assertInstanceOf(MismatchException.class,
                assertThrows(ConnectException.class, () -> encoder.encode(record(null, Map.of("a", 1), null), rows)));
        assertThrows(DataException.class, () -> encoder.encode(record(null, 1, null), rows));
    }

    @Test
    void valueThatContradictsTheKeyIsABadRecord() {
        TableColumns table = table(List.of("b", "a"), column("a", "int", false), column("v", "varchar(9)", true),
                column("b", "int", false));
        TableRecordEncoder encoder = encoder(table, new RecordSettings(true, List.of(), null, true));
        Map<String, Object> key = Map.of("a", 1, "b", 22);
        assertEquals("22\t1\tx\n", text(encoder.encode(record(null, key, Map.of("a", 1, "v", "x")), rows)));
        assertEquals("22\t1\tx\n", text(encoder.encode(record(null, key, Map.of("a", 1, "v", "x", "b", 22)), rows)));
        assertEquals("22\t1\n", text(encoder.encode(record(null, key, Map.of("b", 22)), rows)));
        assertEquals("22\t1\n", text(encoder.encode(record(null, key, Map.of()), rows)));
        assertEquals("the key has 1 for column a, and the value 2", mistake(DataException.class,
                () -> encoder.encode(record(null, key, Map.of("a", 2, "b", 22, "v", "x")), rows)));
        assertThrows(DataException.class, () -> encoder.encode(record(null, key, Map.of("b", 222)), rows));
    }

    @Test
    void namesThatDebeziumHasEscapedAreFoundUnlessAColumnHasThem() {
        TableColumns table = table(List.of("id"), column("id", "int", false), column("a_b", "int", true),
                column("x-y", "int", true), column("c_u005fd", "int", true), column("c_d", "int", true));
        for (String[] pair : new String[][] {{"a_u005fb", "a_b"}, {"x_u002dy", "x-y"}, {"c_u005fd", "c_u005fd"}}) {
            assertEquals(pair[1], table.find(pair[0]).column().name());
        }
        assertNull(table.find("a_u005fc"));
        assertNull(table.find("a_u00"));
    }

    @Test
    void mismatchNamesBothSides() {
        TableColumns table = table(List.of("id"), column("id", "int", false), column("needed", "int", false));
        Map<String, Object> value = new LinkedHashMap<>(); // in this order
        value.put("new", 1);
        value.put("other", 2);
        String expected = "the record and table t do not match: the table has no column for the field new, other; "
                + "the value has no field for the column needed, which has no default";
        RecordSettings failing = new RecordSettings(true, List.of(), null, true);
        assertEquals(expected, mistake(
                MismatchException.class, () -> encoder(table, failing).encode(record(null, 1, value), rows)));
        RecordSettings tolerant = new RecordSettings(true, List.of(), null, false);
        assertEquals(expected, mistake(
                DataException.class, () -> encoder(table, tolerant).encode(record(null, 1, value), rows)));
    }

    @Test
    void keysThatDoNotSuitTheTableAreRefusedAtTheStart() {
        TableColumns keyless = table(List.of(), column("id", "int", false));
        assertTrue(mistake(ConnectException.class, () -> encoder(keyless, BY_KEY)).contains("has no primary key"));
        RecordSettings wrong = new RecordSettings(true, List.of("name"), null, true);
        assertTrue(mistake(ConnectException.class, () -> encoder(fixes("bigint"), wrong)).contains(
                "pk.fields is name, and the primary key of table t is id"));
        TableColumns text = fixes("varchar(9)");
        assertTrue(mistake(ConnectException.class, () -> encoder(text, BY_KEY)).contains("key.must.equal"));
    }
}
