package sluice.mysql.encode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import sluice.mysql.LoadedTable;
import sluice.mysql.column.Column;
import sluice.mysql.column.ColumnFormats;
import sluice.mysql.config.RecordSettings;
import sluice.mysql.text.RowBuffer;

/** Connect's and Debezium's types through a struct into a real table. */
class StructEncoderTest {
    private static final RecordSettings BY_VALUE = new RecordSettings(false, List.of(), null, true);
    private static final byte[] POINT = {
        1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0x40};
    private static final Schema GEOMETRY = SchemaBuilder.struct().name("io.debezium.data.geometry.Geometry")
            .field("wkb", Schema.BYTES_SCHEMA).field("srid", Schema.OPTIONAL_INT32_SCHEMA).build();
    private static final Schema VARIABLE = SchemaBuilder.struct().name("io.debezium.data.VariableScaleDecimal")
            .field("scale", Schema.INT32_SCHEMA).field("value", Schema.BYTES_SCHEMA).build();
    private static final Schema UNION = SchemaBuilder.struct().name("io.confluent.connect.avro.Union")
            .field("int", Schema.OPTIONAL_INT32_SCHEMA).field("string", Schema.OPTIONAL_STRING_SCHEMA).build();
    private static final Schema NESTED = SchemaBuilder.struct().field("text", Schema.STRING_SCHEMA)
            .field("at", Timestamp.SCHEMA).field("price", Decimal.schema(2)).field("bytes", Schema.BYTES_SCHEMA)
            .field("list", SchemaBuilder.array(Schema.OPTIONAL_FLOAT64_SCHEMA).build())
            .field("map", SchemaBuilder.map(Schema.STRING_SCHEMA, Schema.INT64_SCHEMA).build())
            .field("none", Schema.OPTIONAL_STRING_SCHEMA)
            .field("micros", SchemaBuilder.int64().name("io.debezium.time.MicroTimestamp").build()).build();

    private static Schema named(SchemaBuilder builder, String name) {
        return builder.name(name).build();
    }

    private static Schema int32(String name) {
        return named(SchemaBuilder.int32(), name);
    }

    private static Schema int64(String name) {
        return named(SchemaBuilder.int64(), name);
    }

    private static Schema string(String name) {
        return named(SchemaBuilder.string(), name);
    }

    private static Struct nested() {
        return new Struct(NESTED).put("text", "\"ü\u0001\n\\").put("at", new Date(1))
                .put("price", new BigDecimal("0.10")).put("bytes", new byte[] {1, 2})
                .put("list", Arrays.asList(0.1, null))
                .put("map", new HashMap<>(Map.of("b", 2L, "a", Long.MAX_VALUE))).put("micros", 1L);
    }

    static Stream<Arguments> values() {
        String nested = "{\"text\":\"\\\"ü\\u0001\\u000a\\\\\",\"at\":\"1970-01-01T00:00:00.001Z\",\"price\":0.10,"
                + "\"bytes\":\"AQI=\",\"list\":[0.1,null],\"map\":{\"a\":9223372036854775807,\"b\":2},\"none\":null,"
                + "\"micros\":\"1970-01-01T00:00:00.000001Z\"}";
        return Stream.of(
                Arguments.of(Schema.INT8_SCHEMA, (byte) -1, "TINYINT", "-1"),
                Arguments.of(Schema.INT16_SCHEMA, (short) 7, "VARCHAR(9)", "7"),
                Arguments.of(Schema.BOOLEAN_SCHEMA, true, "BOOL", "1"),
                Arguments.of(Schema.FLOAT32_SCHEMA, 0.1f, "DECIMAL(5,2)", "0.10"),
                Arguments.of(Schema.FLOAT64_SCHEMA, 0.1, "DOUBLE", "0.1"),
                Arguments.of(Schema.STRING_SCHEMA, "2024-01-31", "DATE", "2024-01-31"),
                Arguments.of(Schema.STRING_SCHEMA, "ü😀'", "VARCHAR(9)", "ü😀'"),
                Arguments.of(Schema.BYTES_SCHEMA, new byte[] {65, 66}, "VARBINARY(9)", "AB"),
                Arguments.of(Schema.BYTES_SCHEMA, ByteBuffer.wrap(new byte[] {64, 65, 66}, 1, 2), "VARBINARY(9)", "AB"),
                Arguments.of(Schema.BYTES_SCHEMA, ByteBuffer.wrap(new byte[] {65}).asReadOnlyBuffer(), "BLOB", "A"),
                Arguments.of(org.apache.kafka.connect.data.Date.SCHEMA, new Date(-86_400_000), "DATE", "1969-12-31"),
                Arguments.of(Time.SCHEMA, new Date(1), "TIME(3)", "00:00:00.001"),
                Arguments.of(Timestamp.SCHEMA, new Date(-1), "DATETIME(3)", "1969-12-31 23:59:59.999"),
                Arguments.of(Decimal.schema(2), new BigDecimal("-1.50"), "DECIMAL(5,1)", "-1.5"),
                Arguments.of(int32("io.debezium.time.Date"), 1, "DATE", "1970-01-02"),
                Arguments.of(int32("io.debezium.time.Time"), 1, "TIME(6)", "00:00:00.001000"),
                Arguments.of(int64("io.debezium.time.MicroTime"), -1L, "TIME(6)", "-00:00:00.000001"),
                Arguments.of(int64("io.debezium.time.NanoTime"), 1_000L, "TIME(6)", "00:00:00.000001"),
                Arguments.of(int64("io.debezium.time.Timestamp"), -1L, "DATETIME(3)",
                        "1969-12-31 23:59:59.999"),
                Arguments.of(int64("io.debezium.time.MicroTimestamp"), -1L, "DATETIME(6)",
                        "1969-12-31 23:59:59.999999"),
                Arguments.of(int64("io.debezium.time.NanoTimestamp"), 1_000L, "DATETIME(6)",
                        "1970-01-01 00:00:00.000001"),
                Arguments.of(string("io.debezium.time.ZonedTimestamp"), "2024-01-31T23:59:59.5Z",
                        "TIMESTAMP(1) NULL", "2024-01-31 23:59:59.5"),
                Arguments.of(string("io.debezium.time.ZonedTime"), "23:59:59Z", "TIME", "23:59:59"),
                Arguments.of(int32("io.debezium.time.Year"), 2024, "YEAR", "2024"),
                Arguments.of(string("io.debezium.time.Interval"), "P1DT2H3M4.5S", "TIME(1)", "26:03:04.5"),
                Arguments.of(string("io.debezium.time.Interval"), "P1Y2M", "VARCHAR(9)", "P1Y2M"),
                Arguments.of(string("io.debezium.data.Json"), "[1, 2]", "JSON", "[1, 2]"),
                Arguments.of(string("io.debezium.data.Enum"), "a", "ENUM('a')", "a"),
                Arguments.of(string("io.debezium.data.EnumSet"), "a,b", "SET('a','b')", "a,b"),
                Arguments.of(string("io.debezium.data.Uuid"), "6f1c", "CHAR(36)", "6f1c"),
                Arguments.of(string("io.debezium.data.Xml"), "<a/>", "TEXT", "<a/>"),
                Arguments.of(named(SchemaBuilder.bytes(), "io.debezium.data.Bits"), new byte[] {2, 1}, "BIT(9)", "258"),
                Arguments.of(VARIABLE, new Struct(VARIABLE).put("scale", 1).put("value", new byte[] {15}),
                        "DECIMAL(5,2)", "1.50"),
                Arguments.of(GEOMETRY, new Struct(GEOMETRY).put("wkb", POINT), "GEOMETRY", "POINT(1 2)"),
                Arguments.of(GEOMETRY, new Struct(GEOMETRY).put("wkb", POINT), "LONGTEXT", null),
                Arguments.of(UNION, new Struct(UNION).put("string", "7"), "INT", "7"),
                Arguments.of(SchemaBuilder.array(Schema.INT32_SCHEMA).build(), List.of(1, 2), "VARCHAR(9)", "[1,2]"),
                Arguments.of(NESTED, nested(), "LONGTEXT", nested));
    }

    @ParameterizedTest(name = "{index} {2}")
    @MethodSource("values")
    void valueReachesItsColumn(Schema schema, Object value, String type, String expected) throws Exception {
        Schema row = SchemaBuilder.struct().field("v", schema).field("ID", Schema.INT32_SCHEMA).build();
        try (LoadedTable table = new LoadedTable("structs", "id INT PRIMARY KEY, v " + type)) {
            StructEncoder encoder = new StructEncoder(row, table.columns(), BY_VALUE);
            RowBuffer rows = new RowBuffer();
            if (expected == null) {
                assertThrows(DataException.class,
                        () -> encoder.encode(new Struct(row).put("v", value).put("ID", 1), rows));
                return;
            }
            encoder.encode(new Struct(row).put("v", value).put("ID", 1), rows);
            rows.endRow();
            table.load(encoder.layout(), rows);
            String text = type.startsWith("BIT") ? "v + 0" : "CONVERT(v USING utf8mb4)";
            String read = type.equals("GEOMETRY") ? "ST_AsText(v)" : text;
            assertEquals(List.of(expected), table.read(read, "id"));
        }
    }

    @Test
    void nullIsNullAndNotTheDefaultOfTheSchema() throws Exception {
        Schema row = SchemaBuilder.struct().field("id", Schema.INT32_SCHEMA)
                .field("v", SchemaBuilder.int32().optional().defaultValue(5).build()).build();
        try (LoadedTable table = new LoadedTable("nulls", "id INT PRIMARY KEY, v INT DEFAULT 9")) {
            StructEncoder encoder = new StructEncoder(row, table.columns(), BY_VALUE);
            RowBuffer rows = new RowBuffer();
            encoder.encode(new Struct(row).put("id", 1).put("v", null), rows);
            rows.endRow();
            table.load(encoder.layout(), rows);
            assertEquals(List.of("1"), table.read("v IS NULL", "id"));
        }
    }

    @Test
    void strangeNamesAreQuoted() throws Exception {
        Schema row = SchemaBuilder.struct()
                .field("ORDER", Schema.INT32_SCHEMA).field("a`b 'ü\"?", Schema.STRING_SCHEMA).build();
        try (LoadedTable table = new LoadedTable(
                "sel`ect 'ü ?", "`order` INT PRIMARY KEY, `a``b 'ü\"?` VARCHAR(9), `group` INT AS (`order` + 1)")) {
            StructEncoder encoder = new StructEncoder(row, table.columns(), BY_VALUE);
            RowBuffer rows = new RowBuffer();
            encoder.encode(new Struct(row).put("ORDER", 1).put("a`b 'ü\"?", "x"), rows);
            rows.endRow();
            table.load(encoder.layout(), rows);
            table.insert(encoder.layout(), rows);
            assertEquals(List.of("x2"), table.read("CONCAT(`a``b 'ü\"?`, `group`)", "1"));
        }
    }

    @Test
    void mapWithoutSchemaGoesByTheValues() throws Exception {
        try (LoadedTable table = new LoadedTable(
                "maps", "id BIGINT PRIMARY KEY, d DOUBLE, t VARCHAR(9), b BOOL, j JSON, dt DATETIME(3)")) {
            ConnectValueEncoders encoders = new ConnectValueEncoders(table.columns(), BY_VALUE);
            Map<String, Object> value = new HashMap<>(Map.of("id", 1L, "d", 0.5, "t", "x", "b", true, "dt",
                    "2024-01-31T00:00:00.5", "j", Map.of("z", List.of(1L, "y"), "a", Map.of())));
            ValueEncoder encoder = encoders.choose(value);
            RowBuffer rows = new RowBuffer();
            encoder.encode(value, rows);
            rows.endRow();
            table.load(encoder.layout(), rows);
            assertEquals(List.of("1 0.5 x 1 2024-01-31 00:00:00.500 y"), table.read(
                    "CONCAT_WS(' ', id, d, t, b, dt, JSON_UNQUOTE(JSON_EXTRACT(j, '$.z[1]')))", "id"));
        }
    }

    @Test
    void mySqlJsonTakesNoNumberThatItWouldRound() {
        Column json = new Column("v", "json", "json", 0, 0, 0, false, true, true, false);
        Schema list = SchemaBuilder.array(Decimal.schema(20)).build();
        ValueWriter writer = ValueWriter.of(list, ColumnFormats.of(json));
        writer.write(List.of(new BigDecimal("0.10000000000000000000")), new RowBuffer());
        String message = assertThrows(DataException.class,
                () -> writer.write(List.of(new BigDecimal("0.10000000000000000001")), new RowBuffer())).getMessage();
        assertTrue(message.contains("rounded"), message);
    }

    @Test
    void halfACharacterIsRefused() {
        Column text = new Column("v", "varchar(9)", "varchar", 9, 0, 0, false, true, true, false);
        ValueWriter writer = ValueWriter.of(Schema.STRING_SCHEMA, ColumnFormats.of(text));
        for (String bad : List.of("\uD83D", "a\uDE00", "\uD83Dx", "\uDE00\uD83D")) {
            assertThrows(DataException.class, () -> writer.write(bad, new RowBuffer()), bad);
        }
    }
}
