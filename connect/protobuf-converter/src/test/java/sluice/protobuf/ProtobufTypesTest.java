package sluice.protobuf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.DynamicMessage;
import com.google.protobuf.TextFormat;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sluice.protobuf.read.Precision;
import sluice.protobuf.schema.ProtobufSchema;
import sluice.protobuf.schema.StandardFiles;

/** Each type of Protobuf as Connect sees it. */
class ProtobufTypesTest {
    private static final String IMPORTS = List.of("protobuf/timestamp", "protobuf/duration", "protobuf/wrappers",
            "protobuf/struct", "protobuf/any", "protobuf/empty", "type/date", "type/timeofday", "type/decimal").stream()
            .map(name -> "import \"google/" + name + ".proto\"; ").reduce("", String::concat)
            + "import \"confluent/meta.proto\"; import \"confluent/type/decimal.proto\"; ";

    private static Struct read(String file, String text, ProtobufDecoder decoder) throws Exception {
        ProtobufSchema schema = new ProtobufSchema(1, ProtobufSchema.link("test", file, StandardFiles::find));
        DynamicMessage.Builder message = DynamicMessage.newBuilder(schema.message(List.of(0)));
        TextFormat.merge(text, message);
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        value.write(new byte[6]);
        message.buildPartial().writeTo(value);
        return (Struct) decoder.decode(value.toByteArray(), schema).value();
    }

    private static Struct read(String fields, String text) throws Exception {
        return read("syntax = \"proto3\"; " + IMPORTS + "message A { " + fields + " } enum E { ZERO = 0; ONE = 1; }", text,
                new ProtobufDecoder());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "int32  | -2147483648 | INT32 | -2147483648",
        "sint32 | -1 | INT32 | -1",
        "sfixed32 | -1 | INT32 | -1",
        "uint32 | 4294967295 | INT64 | 4294967295",
        "fixed32 | 4294967295 | INT64 | 4294967295",
        "int64 | -9223372036854775808 | INT64 | -9223372036854775808",
        "sint64 | -1 | INT64 | -1",
        "sfixed64 | -1 | INT64 | -1",
        "uint64 | 18446744073709551615 | BYTES | 18446744073709551615",
        "fixed64 | 9223372036854775808 | BYTES | 9223372036854775808",
        "float | 0.1 | FLOAT32 | 0.1",
        "double | -0 | FLOAT64 | -0.0",
        "bool | true | BOOLEAN | true",
        "string | \"é\" | STRING | é",
        "E | ONE | STRING | ONE",
        "E | 7 | STRING | 7",
        "google.protobuf.Timestamp | { seconds: -1 nanos: 999999000 } | INT64 | -1",
        "google.protobuf.Duration | { seconds: -1 nanos: -1000 } | INT64 | -1000001",
        "google.protobuf.UInt64Value | { value: 18446744073709551615 } | BYTES | 18446744073709551615",
        "google.protobuf.StringValue | { } | STRING | ''",
        "google.type.TimeOfDay | { hours: 23 minutes: 59 seconds: 59 nanos: 999999000 } | INT64 | 86399999999",
        "google.type.Decimal | { value: \"1.50\" } | STRING | 1.50",
        "confluent.type.Decimal | { value: \"\\377\" scale: 3 } | STRING | -0.001",
        "google.protobuf.Value | { list_value { values { number_value: 1.5 } values { null_value: NULL_VALUE } } } | STRING "
            + "| [1.5,null]",
        "google.protobuf.Struct | { fields { key: \"a\" value { bool_value: true } } } | STRING | '{\"a\":true}'",
    })
    void aFieldHasAValueAndIsNullWhereItIsNotThere(String type, String text, Schema.Type expected, String value)
            throws Exception {
        Struct read = read(type + " f = 1; optional " + type + " missing = 2;", "f: " + text);
        assertEquals(value, read.get("f").toString());
        assertEquals(expected, read.schema().field("f").schema().type());
        assertTrue(read.schema().field("missing").schema().isOptional());
        assertNull(read.get("missing"));
    }

    @Test
    void aPlainFieldThatIsNotThereIsItsDefault() throws Exception {
        Struct read = read("int32 i = 1; string s = 2; bool b = 3; bytes y = 4; E e = 5; uint64 u = 6; repeated int32 r = 7; "
                + "map<int32, int32> m = 8; double d = 9;", "");
        assertEquals(List.of(0, "", false, "ZERO", BigDecimal.ZERO, List.of(), Map.of(), 0.0),
                List.of(read.get("i"), read.get("s"), read.get("b"), read.get("e"), read.get("u"), read.get("r"),
                        read.get("m"), read.get("d")));
        assertArrayEquals(new byte[0], read.getBytes("y"));
        assertFalse(read.schema().fields().stream().anyMatch(field -> field.schema().isOptional()));
    }

    @Test
    void aOneofHasOneFieldAndTheOthersAreNull() throws Exception {
        Struct read = read("oneof o { int32 i = 1; string s = 2; google.protobuf.Timestamp t = 3; }", "s: ''");
        assertNull(read.get("i"));
        assertEquals("", read.get("s"));
        assertNull(read.get("t"));
    }

    @Test
    void listsMapsAndMessagesNest() throws Exception {
        Struct read = read("repeated B b = 1; map<string, B> m = 2; B one = 3; message B { repeated E e = 1; }",
                "b { e: [ONE, ZERO] } b { } m { key: 'k' value { e: ONE } } one { }");
        assertEquals(List.of("ONE", "ZERO"), ((Struct) read.getArray("b").get(0)).get("e"));
        assertEquals(List.of("ONE"), ((Struct) read.getMap("m").get("k")).get("e"));
        assertEquals(List.of(), read.getStruct("one").get("e"));
    }

    @Test
    void proto2HasRequiredFieldsNullsAndDefaults() throws Exception {
        Struct read = read("message A { required int32 a = 1; optional int32 b = 2; optional int32 c = 3 [default = 5]; "
                + "optional group G = 4 { optional int32 x = 1; } }", "a: 1 G { x: 2 }", new ProtobufDecoder());
        assertEquals(1, read.get("a"));
        assertNull(read.get("b"));
        assertEquals(5, read.get("c"));
        assertEquals(2, read.getStruct("g").get("x"));
        assertTrue(read.schema().field("b").schema().isOptional());
        assertFalse(read.schema().field("a").schema().isOptional());
    }

    @Test
    void aDecimalWithADeclaredScaleIsConnectsDecimal() throws Exception {
        String field = "confluent.type.Decimal f = 1 [(confluent.field_meta) = {params: {key: 'scale' value: '2'}}];";
        assertEquals(new BigDecimal("2.50"), read(field, "f { value: '\\031' scale: 1 }").get("f"));
        DataException error = assertThrows(DataException.class, () -> read(field, "f { value: '\\031' scale: 3 }"));
        assertEquals("f: is 0.025, with more digits than the scale 2", error.getMessage());
        assertThrows(DataException.class, () -> read(field.replace("'2'", "'two'"), ""));
    }

    @Test
    void nanosecondsAreReadIfConfigured() throws Exception {
        Struct read = read("syntax = \"proto3\"; " + IMPORTS + "message A { google.protobuf.Timestamp t = 1; }",
                "t { seconds: 1 nanos: 1 }", new ProtobufDecoder(Precision.NANOS, false));
        assertEquals(1_000_000_001L, read.get("t"));
        assertEquals("io.debezium.time.NanoTimestamp", read.schema().field("t").schema().name());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "google.type.Date | { year: 2012 month: 11 } | is not a whole date: year 2012, month 11, day 0",
        "google.type.Date | { year: 2011 month: 2 day: 29 } | is not a whole date",
        "google.type.TimeOfDay | { hours: 24 } | is not a time of the day: 24 h",
        "google.protobuf.Duration | { seconds: 1 nanos: -1000 } | is not a valid duration",
        "google.protobuf.Timestamp | { nanos: 1000000000 } | is not a valid time",
        "google.protobuf.Value | { number_value: nan } | has the number NaN, which JSON has not",
        "confluent.type.Decimal | { value: '1' scale: 2147483647 } | has the scale 2147483647",
    })
    void anInvalidValueIsADataException(String type, String text, String reason) {
        DataException error = assertThrows(DataException.class, () -> read(type + " f = 1;", "f " + text));
        assertTrue(error.getMessage().startsWith("f: " + reason), error.getMessage());
    }

    @Test
    void aDateIsConnectsDate() throws Exception {
        assertEquals(java.util.Date.from(Instant.parse("2012-11-16T00:00:00Z")),
                read("google.type.Date f = 1;", "f { year: 2012 month: 11 day: 16 }").get("f"));
    }
}
