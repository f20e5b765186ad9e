package sluice.mysql.column;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import sluice.mysql.LoadedTable;
import sluice.mysql.encode.RowLayout;
import sluice.mysql.text.RowBuffer;

/** Values in columns of every type, through a real database: equal when read back, or refused. */
class ColumnFormatTest {
    private static final String TEXT = "CONVERT(CAST(v AS CHAR) USING utf8mb4)";
    private static final String HEX = "HEX(v)";
    /** POINT(1 2) as Well-Known Binary. */
    private static final int[] POINT = {1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0x40};

    private static final Map<String, ColumnFormat> COLUMNS = new HashMap<>();

    private interface Writer extends BiConsumer<ColumnFormat, RowBuffer> { }

    private static Writer whole(long value) {
        return (column, row) -> column.writeLong(value, row);
    }

    private static Writer floating(double value) {
        return (column, row) -> column.writeDouble(value, row);
    }

    private static Writer decimal(String value) {
        return (column, row) -> column.writeDecimal(new BigDecimal(value), row);
    }

    private static Writer text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return (column, row) -> column.writeText(utf8, 0, utf8.length, row);
    }

    private static Writer bytes(int... value) {
        byte[] bytes = new byte[value.length];
        for (int index = 0; index < value.length; index++) {
            bytes[index] = (byte) value[index];
        }
        return (column, row) -> column.writeBytes(bytes, 0, bytes.length, row);
    }

    private static Writer date(long days) {
        return (column, row) -> column.writeDate(days, row);
    }

    private static Writer time(long nanoseconds) {
        return (column, row) -> column.writeTime(nanoseconds, row);
    }

    private static Writer instant(long seconds, int nanoseconds) {
        return (column, row) -> column.writeTimestamp(seconds, nanoseconds, row);
    }

    private static Writer bool(boolean value) {
        return (column, row) -> column.writeBoolean(value, row);
    }

    private static Writer geometry(int srid, int... wkb) {
        return (column, row) -> {
            byte[] bytes = new byte[wkb.length];
            for (int index = 0; index < wkb.length; index++) {
                bytes[index] = (byte) wkb[index];
            }
            column.writeGeometry(srid, bytes, 0, bytes.length, row);
        };
    }

    private static Arguments taken(String type, Writer writer, String read, String expected) {
        return Arguments.of(type, writer, read, expected);
    }

    static Stream<Arguments> takenValues() {
        return Stream.of(
                taken("TINYINT", whole(-128), TEXT, "-128"),
                taken("BOOL", bool(true), TEXT, "1"),
                taken("SMALLINT UNSIGNED", whole(65_535), TEXT, "65535"),
                taken("MEDIUMINT", whole(-8_388_608), TEXT, "-8388608"),
                taken("INT", whole(0), TEXT, "0"),
                taken("INT", floating(5e9 / 10), TEXT, "500000000"),
                taken("INT", text("2147483647"), TEXT, "2147483647"),
                taken("INT", text("1e3"), TEXT, "1000"),
                taken("INT UNSIGNED ZEROFILL", whole(4_294_967_295L), TEXT, "4294967295"),
                taken("BIGINT", whole(Long.MIN_VALUE), TEXT, "-9223372036854775808"),
                taken("BIGINT", whole(Long.MAX_VALUE), TEXT, "9223372036854775807"),
                taken("BIGINT UNSIGNED", decimal("18446744073709551615"), TEXT, "18446744073709551615"),
                taken("BIGINT UNSIGNED", text("18446744073709551615"), TEXT, "18446744073709551615"),
                taken("DECIMAL(5,2)", decimal("-999.99"), TEXT, "-999.99"),
                taken("DECIMAL(5,2)", decimal("1.5000"), TEXT, "1.50"),
                taken("DECIMAL(5,2)", decimal("1E+2"), TEXT, "100.00"),
                taken("DECIMAL(5,2)", floating(0.07), TEXT, "0.07"),
                taken("DECIMAL(5,2)", text("0.5"), TEXT, "0.50"),
                taken("DECIMAL(65,30)", decimal("-12345678901234567890123456789012345.123456789012345678901234567891"),
                        TEXT, "-12345678901234567890123456789012345.123456789012345678901234567891"),
                taken("FLOAT", (column, row) -> column.writeFloat(1.1f, row), "v * 1e0", "1.100000023841858"),
                taken("FLOAT", decimal("0.1"), "v * 1e0", "0.10000000149011612"),
                taken("FLOAT(7,2)", (column, row) -> column.writeFloat(1.23f, row), TEXT, "1.23"),
                taken("DOUBLE", whole(1L << 53), "v = 9007199254740992", "1"),
                taken("DOUBLE", text("-0.0"), TEXT, "-0"),
                taken("DOUBLE(10,3)", floating(1.234), TEXT, "1.234"),
                taken("CHAR(3)", text("a b"), TEXT, "a b"),
                taken("VARCHAR(3)", text("ab "), TEXT, "ab "),
                taken("VARCHAR(3)", text("😀€ß"), TEXT, "😀€ß"),
                taken("VARCHAR(3) CHARACTER SET latin1", text("é€ß"), TEXT, "é€ß"),
                taken("VARCHAR(20)", text("\0\t\n\r\\'\"\b\032%_;\\N"), HEX, "00090A0D5C2722081A255F3B5C4E"),
                taken("VARCHAR(20)", text(""), TEXT, ""),
                taken("VARCHAR(20)", text("NULL"), TEXT, "NULL"),
                taken("VARCHAR(20)", text("\\N"), TEXT, "\\N"),
                taken("VARCHAR(20)", whole(-7), TEXT, "-7"),
                taken("VARCHAR(20)", bool(false), TEXT, "false"),
                taken("VARCHAR(40)", instant(1_700_000_000, 5), TEXT, "2023-11-14T22:13:20.000000005Z"),
                taken("TINYTEXT", text("x".repeat(254) + " "), "LENGTH(v)", "255"),
                taken("TEXT", text("x".repeat(65_535)), "LENGTH(v)", "65535"),
                taken("MEDIUMTEXT", text("ü".repeat(100_000)), "LENGTH(v)", "200000"),
                taken("LONGTEXT", text("line\nline"), TEXT, "line\nline"),
                taken("BINARY(3)", bytes(0, 255, 32), HEX, "00FF20"),
                taken("VARBINARY(3)", bytes(39, 0), HEX, "2700"),
                taken("VARBINARY(9)", text("ü"), HEX, "C3BC"),
                taken("BLOB", bytes(), HEX, ""),
                taken("LONGBLOB", bytes(92, 10, 9, 39), HEX, "5C0A0927"),
                taken("BIT(9)", whole(511), HEX, "1FF"),
                taken("BIT(1)", bool(true), HEX, "1"),
                taken("BIT(64)", decimal("18446744073709551615"), HEX, "FFFFFFFFFFFFFFFF"),
                taken("DATE", date(-719_162), TEXT, "0001-01-01"),
                taken("DATE", date(2_932_896), TEXT, "9999-12-31"),
                taken("DATE", text("2024-02-29"), TEXT, "2024-02-29"),
                taken("DATE", instant(86_400, 0), TEXT, "1970-01-02"),
                taken("TIME", time(86_399_000_000_000L), TEXT, "23:59:59"),
                taken("TIME", time(-3_020_399_000_000_000L), TEXT, "-838:59:59"),
                taken("TIME(6)", time(-1_000), TEXT, "-00:00:00.000001"),
                taken("TIME(3)", text("100:00:00.5"), TEXT, "100:00:00.500"),
                taken("DATETIME", date(0), TEXT, "1970-01-01 00:00:00"),
                taken("DATETIME(6)", instant(-1, 999_999_000), TEXT, "1969-12-31 23:59:59.999999"),
                taken("DATETIME(6)", instant(253_402_300_799L, 999_999_000), TEXT, "9999-12-31 23:59:59.999999"),
                taken("DATETIME(3)", text("2024-01-31T23:59:59.5+01:00"), TEXT, "2024-01-31 22:59:59.500"),
                taken("DATETIME", text("2024-01-31 23:59:59"), TEXT, "2024-01-31 23:59:59"),
                taken("TIMESTAMP(6) NULL", instant(1, 1_000), TEXT, "1970-01-01 00:00:01.000001"),
                taken("TIMESTAMP NULL", instant(2_147_483_647, 0), TEXT, "2038-01-19 03:14:07"),
                taken("YEAR", whole(0), TEXT, "0000"),
                taken("YEAR", whole(2155), TEXT, "2155"),
                taken("YEAR", text("1901"), TEXT, "1901"),
                taken("ENUM('a','it''s','2','ü','a\\\\b','tab\\t')", text("it's"), TEXT, "it's"),
                taken("ENUM('a','it''s','2','ü','a\\\\b')", text("2"), TEXT, "2"),
                taken("ENUM('a','it''s','2','ü','a\\\\b','n\\nl')", text("n\nl"), TEXT, "n\nl"),
                taken("ENUM('a','it''s','2','ü','a\\\\b')", text("a\\b"), TEXT, "a\\b"),
                taken("SET('a','b','ü')", text("a,ü"), TEXT, "a,ü"),
                taken("SET('a','b')", text(""), TEXT, ""),
                taken("JSON", text("[\"\\u00fc\\n\\\\\"]"), "JSON_EXTRACT(v, '$[0]') = 'ü\\n\\\\'", "1"),
                taken("JSON", whole(Long.MAX_VALUE), TEXT, "9223372036854775807"),
                taken("JSON", bool(true), TEXT, "true"),
                taken("JSON", date(0), TEXT, "\"1970-01-01\""),
                taken("POINT", geometry(4326, POINT), HEX,
                        "E61000000101000000000000000000F03F0000000000000040"),
                taken("GEOMETRY", geometry(0, POINT), "ST_AsText(v)", "POINT(1 2)"));
    }

    @ParameterizedTest(name = "{0} {3}")
    @MethodSource("takenValues")
    void valueIsReadBackEqual(String type, Writer writer, String read, String expected) throws Exception {
        try (LoadedTable table = new LoadedTable("taken", "id INT PRIMARY KEY, v " + type)) {
            RowLayout layout = table.layout("id", "v");
            table.load(layout, rows(layout, writer, "1", "2"));
            table.insert(layout, rows(layout, writer, "3"));
            assertEquals(List.of(expected, expected, expected), table.read(read, "id"));
            RowBuffer nothing = rows(layout, (column, row) -> column.writeNull(row), "1", "2");
            table.load(layout, nothing);
            table.insert(layout, rows(layout, (column, row) -> column.writeNull(row), "3"));
            assertEquals(List.of("1", "1", "1"), table.read("v IS NULL", "id"));
        }
    }

    private static RowBuffer rows(RowLayout layout, Writer writer, String... keys) {
        RowBuffer rows = new RowBuffer();
        for (String key : keys) {
            rows.ascii(key);
            rows.separator();
            writer.accept(layout.columns().get(1), rows);
            rows.endRow();
        }
        return rows;
    }

    static Stream<Arguments> refusedValues() {
        return Stream.of(
                Arguments.of("INT", floating(1.5)), Arguments.of("INT", floating(Double.NaN)),
                Arguments.of("INT", floating(-0.0)), Arguments.of("INT", decimal("0.1")),
                Arguments.of("INT", decimal("1E+999999999")), Arguments.of("INT", decimal("1E-999999999")),
                Arguments.of("INT", whole(1L << 31)), Arguments.of("INT UNSIGNED", whole(-1)),
                Arguments.of("TINYINT", whole(128)), Arguments.of("BIGINT", decimal("9223372036854775808")),
                Arguments.of("BIGINT UNSIGNED", decimal("18446744073709551616")),
                Arguments.of("INT", text(" 5")), Arguments.of("INT", text("5 ")), Arguments.of("INT", text("")),
                Arguments.of("INT", text("٣")), Arguments.of("INT", bytes(1)), Arguments.of("INT", date(0)),
                Arguments.of("DECIMAL(5,2)", decimal("1.001")), Arguments.of("DECIMAL(5,2)", decimal("1000")),
                Arguments.of("DECIMAL(5,2)", decimal("1E-999999999")), Arguments.of("DECIMAL(5,2)", floating(0.001)),
                Arguments.of("DECIMAL(5,2)", floating(Double.POSITIVE_INFINITY)),
                Arguments.of("DECIMAL(5,2)", floating(-0.0)), Arguments.of("DECIMAL(5,2)", text("1,5")),
                Arguments.of("FLOAT", floating(0.1)), Arguments.of("FLOAT", floating(1e-300)),
                Arguments.of("FLOAT", floating(1e39)), Arguments.of("FLOAT", whole(16_777_217)),
                Arguments.of("FLOAT(7,2)", (Writer) (column, row) -> column.writeFloat(1.234f, row)),
                Arguments.of("DOUBLE", floating(Double.NaN)),
                Arguments.of("DOUBLE", floating(Double.NEGATIVE_INFINITY)),
                Arguments.of("DOUBLE", whole((1L << 53) + 1)), Arguments.of("DOUBLE", whole(Long.MAX_VALUE)),
                Arguments.of("DOUBLE", decimal("0.10000000000000001")), Arguments.of("DOUBLE", decimal("1e-400")),
                Arguments.of("DOUBLE", text("NaN")), Arguments.of("DOUBLE", text("1d")),
                Arguments.of("DOUBLE(10,3)", floating(1.2345)),
                Arguments.of("CHAR(3)", text("ab ")), Arguments.of("VARCHAR(3)", text("abc ")),
                Arguments.of("TINYTEXT", text("x".repeat(255) + " ")), Arguments.of("VARCHAR(3)", bytes(1)),
                Arguments.of("VARCHAR(9) CHARACTER SET tis620", text("\uD800\uDC01")),
                Arguments.of("VARCHAR(9) CHARACTER SET cp932", text("晡")),
                Arguments.of("TINYTEXT CHARACTER SET utf16", text("x".repeat(127) + " ")),
                Arguments.of("VARCHAR(3)", (Writer) (column, row) -> column.writeText(
                        new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80}, 0, 3, row)),
                Arguments.of("BINARY(3)", bytes(1, 2)), Arguments.of("BINARY(3)", bytes(1, 2, 3, 4)),
                Arguments.of("BIT(9)", whole(-1)), Arguments.of("BIT(64)", decimal("18446744073709551616")),
                Arguments.of("DATE", text("2024-02-30")), Arguments.of("DATE", text("24-1-1")),
                Arguments.of("DATE", text("2024-01-01 10:00:00")), Arguments.of("DATE", date(2_932_897)),
                Arguments.of("DATE", instant(1, 0)), Arguments.of("DATE", whole(20_240_101)),
                Arguments.of("TIME", time(1)), Arguments.of("TIME", time(3_020_400_000_000_000L)),
                Arguments.of("TIME", text("10:00")), Arguments.of("TIME(3)", text("10:00:00.0005")),
                Arguments.of("DATETIME", instant(0, 1_000)), Arguments.of("DATETIME(6)", instant(0, 1)),
                Arguments.of("DATETIME", text("20240101")), Arguments.of("DATETIME(3)", whole(0)),
                Arguments.of("TIMESTAMP NULL", instant(0, 500_000_000)),
                Arguments.of("YEAR", whole(24)), Arguments.of("YEAR", text("24")), Arguments.of("YEAR", whole(2156)),
                Arguments.of("ENUM('a','b')", text("A")), Arguments.of("ENUM('a','b')", text("a ")),
                Arguments.of("ENUM('a','b')", text("1")), Arguments.of("ENUM('a','b')", whole(1)),
                Arguments.of("SET('a','b')", text("a,a")), Arguments.of("SET('a','b')", text("3")),
                Arguments.of("SET('a','b')", text("a, b")), Arguments.of("JSON", floating(Double.NaN)),
                Arguments.of("POINT", text("POINT(1 2)")));
    }

    @ParameterizedTest(name = "{0} {index}")
    @MethodSource("refusedValues")
    void valueThatWouldBeChangedIsRefused(String type, Writer writer) throws Exception {
        ColumnFormat column = COLUMNS.get(type);
        if (column == null) {
            try (LoadedTable table = new LoadedTable("refused", "id INT PRIMARY KEY, v " + type)) {
                column = table.columns().find("v");
                COLUMNS.put(type, column);
            }
        }
        ColumnFormat found = column;
        String message = assertThrows(DataException.class, () -> writer.accept(found, new RowBuffer())).getMessage();
        assertTrue(message.startsWith("column v (" + column.column().type() + ") "), message);
    }

    static Stream<Arguments> valuesForTheDatabase() {
        return Stream.of(
                Arguments.of("VARCHAR(9) CHARACTER SET latin1", text("Ā")),
                Arguments.of("VARCHAR(9) CHARACTER SET utf8mb3", text("😀")),
                Arguments.of("TINYTEXT", text("x".repeat(256))), Arguments.of("VARBINARY(3)", bytes(1, 2, 3, 0)),
                Arguments.of("BIT(9)", whole(512)), Arguments.of("FLOAT(7,2)", whole(1 << 20)),
                Arguments.of("TIMESTAMP NULL", instant(0, 0)),
                Arguments.of("TIMESTAMP NULL", instant(5_000_000_000L, 0)),
                Arguments.of("JSON", text("{")), Arguments.of("DOUBLE UNSIGNED", floating(-1)),
                Arguments.of("POINT", bytes(1)), Arguments.of("DECIMAL(5,2) UNSIGNED", decimal("-1")));
    }

    @ParameterizedTest(name = "{0} {index}")
    @MethodSource("valuesForTheDatabase")
    void databaseRefusesWhatIsLeftToIt(String type, Writer writer) throws Exception {
        try (LoadedTable table = new LoadedTable("left_to_it", "id INT PRIMARY KEY, v " + type)) {
            RowLayout layout = table.layout("id", "v");
            RowBuffer rows = rows(layout, writer, "1");
            assertThrows(java.sql.SQLException.class, () -> table.load(layout, rows));
            assertThrows(java.sql.SQLException.class, () -> table.insert(layout, rows));
        }
    }
}
