package sluice.protobuf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.storage.Converter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sluice.protobuf.schema.ProtobufSchema;
import sluice.protobuf.schema.StandardFiles;
import sluice.registry.RegistrySettings;
import sluice.testing.FakeRegistry;

/** Conversion in both directions with a registry, and the messages for records that cannot be converted. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProtobufConverterTest {
    private static final String TOPIC = "topic";
    private static final Schema INNER = SchemaBuilder.struct().name("sluice.Inner")
            .field("flag", Schema.BOOLEAN_SCHEMA).optional().build();
    private static final Schema ROW = SchemaBuilder.struct().name("my-db.2nd.row")
            .field("number", Schema.INT64_SCHEMA)
            .field("text", Schema.OPTIONAL_STRING_SCHEMA)
            .field("at", SchemaBuilder.int64().name("io.debezium.time.MicroTimestamp").build())
            .field("price", Decimal.builder(2).optional().build())
            .field("inner", INNER)
            .field("inners", SchemaBuilder.array(INNER).build())
            .field("map", SchemaBuilder.map(Schema.STRING_SCHEMA, Schema.FLOAT64_SCHEMA).build())
            .build();
    private static final String ROW_TEXT = """
            syntax = "proto3";

            package my_db._2nd;

            import "confluent/meta.proto";
            import "confluent/type/decimal.proto";
            import "google/protobuf/timestamp.proto";

            message Row {
              message Inner {
                bool flag = 1;
              }
              int64 number = 1;
              optional string text = 2;
              google.protobuf.Timestamp at = 3;
              confluent.type.Decimal price = 4 [(confluent.field_meta) = {params: [{key: "scale", value: "2"}]}];
              Inner inner = 5;
              repeated Inner inners = 6;
              map<string, double> map = 7;
            }
            """;

    private FakeRegistry registry;
    private ProtobufConverter converter;

    @BeforeEach
    void start() throws Exception {
        registry = new FakeRegistry();
        converter = converter(Map.of());
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private ProtobufConverter converter(Map<String, String> settings) {
        ProtobufConverter made = new ProtobufConverter();
        Map<String, String> url = Map.of(RegistrySettings.URL, registry.url());
        made.configure(Stream.of(url, settings).flatMap(each -> each.entrySet().stream())
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)), false);
        return made;
    }

    private void register(int id, String text) {
        registry.schemas.put(id, text);
        registry.types.put(id, "PROTOBUF");
    }

    private static byte[] value(int id, int... bytes) {
        byte[] value = new byte[5 + bytes.length];
        value[4] = (byte) id;
        for (int index = 0; index < bytes.length; index++) {
            value[5 + index] = (byte) bytes[index];
        }
        return value;
    }

    private static Struct row() {
        return new Struct(ROW).put("number", -7L).put("text", "é").put("at", -1L)
                .put("price", new BigDecimal("-12.30")).put("inner", new Struct(INNER).put("flag", true))
                .put("inners", List.of(new Struct(INNER).put("flag", false))).put("map", Map.of("a", 0.5));
    }

    @Test
    void aStructIsWrittenByAGeneratedSchemaAndReadAgain() {
        byte[] value = converter.fromConnectData(TOPIC, ROW, row());
        assertEquals(ROW_TEXT, registry.schemas.get(1));
        assertEquals("PROTOBUF", registry.types.get(1));
        assertEquals(List.of("GET /subjects/topic-value/versions/latest", "POST /subjects/topic-value/versions"),
                registry.requests);

        Struct read = (Struct) converter(Map.of()).toConnectData(TOPIC, value).value();
        assertEquals(-7L, read.get("number"));
        assertEquals("é", read.get("text"));
        assertEquals(-1L, read.get("at"));
        assertEquals("io.debezium.time.MicroTimestamp", read.schema().field("at").schema().name());
        assertEquals(new BigDecimal("-12.30"), read.get("price"));
        assertEquals(true, read.getStruct("inner").get("flag"));
        assertEquals(false, ((Struct) read.getArray("inners").get(0)).get("flag"));
        assertEquals(Map.of("a", 0.5), read.get("map"));

        converter.fromConnectData(TOPIC, ROW, row());
        assertEquals(3, registry.requests.size(), "the id is cached");
    }

    @Test
    void aNullIsNotADefault() {
        Schema schema = SchemaBuilder.struct().name("A")
                .field("nullable", SchemaBuilder.string().optional().defaultValue("x").build())
                .field("required", SchemaBuilder.string().defaultValue("x").build()).build();
        Struct read = (Struct) converter.toConnectData(TOPIC,
                converter.fromConnectData(TOPIC, schema, new Struct(schema))).value();
        assertNull(read.get("nullable"));
        assertEquals("x", read.get("required"));
    }

    @Test
    void aDeletionStaysNull() {
        assertNull(converter.fromConnectData(TOPIC, ROW, null));
        assertEquals(SchemaAndValue.NULL, converter.toConnectData(TOPIC, null));
    }

    @Test
    void aMessageWithinTheSchemaIsFoundByItsPath() {
        register(1, "syntax = \"proto3\"; message A { } message B { message C { } message D { int32 x = 1; } }");
        Struct read = (Struct) converter.toConnectData(TOPIC, value(1, 4, 2, 2, 0x08, 5)).value();
        assertEquals("B.D", read.schema().name());
        assertEquals(5, read.get("x"));
    }

    @Test
    void aDescriptorInBase64IsASchemaToo() {
        String text = "syntax = \"proto3\"; message A { int32 x = 1; }";
        byte[] descriptor = ProtobufSchema.link("a.proto", text, StandardFiles::find).toProto().toByteArray();
        register(1, Base64.getEncoder().encodeToString(descriptor));
        assertEquals(5, ((Struct) converter.toConnectData(TOPIC, value(1, 0, 0x08, 5)).value()).get("x"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "|the value is empty: neither Protobuf nor null",
        "7b7d|the value is not Protobuf: it begins with the byte 0x7b, as JSON does",
        "000000|the value has 3 bytes: too few for the id of a schema",
        "0000000001|it ends in the indexes of its message",
        "000000000102|says that 1 message indexes follow, in 0 bytes",
        "0000000001feffffff0f|message indexes follow, in 0 bytes",
        "0000000001ffffffffff0f|more than five bytes",
        "000000000102 06|names the message [3]",
        "000000000102 01|names the message [-1]",
        "000000000100 08|While parsing a protocol message, the input ended unexpectedly",
        "000000000100 12ff|the input ended unexpectedly",
        "000000000100 12ffffffff07|the input ended unexpectedly",
        "000000000100 1201ff|invalid UTF-8",
        "000000000100 0c|end-group",
        "000000000100 00|invalid tag",
        "000000000100 7801|the value has fields that A of its schema has not, with the numbers [15]",
        "000000000100 1a0210ff|the input ended unexpectedly",
        "000000000100 1a0810ffffffffffff01|is not a valid time",
        "000000000100 1a021001|at: has 1 ns, finer than timestamp.precision=micros",
        "000000000100 1a0a08ffffffffffffffff7f|at: is 9223372036854775807 s, too large",
        "0000000002|the schema with the id 2 is AVRO, not Protobuf",
    })
    void whatCannotBeReadIsADataException(String hex, String reason) {
        register(1, "syntax = \"proto3\"; import \"google/protobuf/timestamp.proto\"; "
                + "message A { int32 x = 1; string s = 2; google.protobuf.Timestamp at = 3; }");
        registry.schemas.put(2, "{\"type\":\"string\"}");
        byte[] value = java.util.HexFormat.of().parseHex(hex == null ? "" : hex.replace(" ", ""));
        DataException error = assertThrows(DataException.class, () -> converter.toConnectData(TOPIC, value));
        assertTrue(error.getMessage().contains(reason), error.getMessage());
    }

    @Test
    void aMissingRequiredFieldIsNamed() {
        register(1, "message A { required int32 x = 1; }");
        DataException error = assertThrows(DataException.class, () -> converter.toConnectData(TOPIC, value(1, 0)));
        assertTrue(error.getMessage().startsWith("the value has no x, required by the schema"), error.getMessage());
    }

    @Test
    void aRecursiveMessageIsRefusedWithItsPath() {
        register(1, "syntax = \"proto3\"; message A { B b = 1; } message B { repeated A a = 1; }");
        DataException error = assertThrows(DataException.class, () -> converter.toConnectData(TOPIC, value(1, 0)));
        assertEquals("the message A contains itself (A → B → A): Connect's schemas cannot", error.getMessage());
    }

    @Test
    void unknownFieldsAreLeftOutIfSoConfigured() {
        register(1, "syntax = \"proto3\"; message A { int32 x = 1; }");
        SchemaAndValue read = converter(Map.of("unknown.fields", "ignore"))
                .toConnectData(TOPIC, value(1, 0, 0x08, 5, 0x78, 1));
        assertEquals(5, ((Struct) read.value()).get("x"));
    }

    @Test
    void importsAreFetchedByTheirReferences() {
        registry.queued.add(new FakeRegistry.Answer(200, """
                {"schemaType":"PROTOBUF","schema":"import \\"b.proto\\"; import \\"c.proto\\"; message A { optional B b = 1; }",
                 "references":[{"name":"b.proto","subject":"sub/b","version":3},{"name":"c.proto","subject":"c","version":1}]}
                """));
        registry.queued.add(new FakeRegistry.Answer(200, """
                {"schemaType":"PROTOBUF","schema":"import \\"c.proto\\"; message B { optional C c = 1; }",
                 "references":[{"name":"c.proto","subject":"c","version":1}]}
                """));
        registry.queued.add(new FakeRegistry.Answer(200, """
                {"schemaType":"PROTOBUF","schema":"message C { optional int32 x = 1; }"}
                """));
        Struct read = (Struct) converter.toConnectData(TOPIC, value(1, 0, 10, 4, 10, 2, 8, 5)).value();
        assertEquals(5, read.getStruct("b").getStruct("c").get("x"));
        assertEquals(List.of("GET /schemas/ids/1", "GET /subjects/sub/b/versions/3", "GET /subjects/c/versions/1"),
                registry.requests);
    }

    @Test
    void anImportWithoutAReferenceIsNamed() {
        register(1, "import \"b.proto\"; message A { }");
        DataException error = assertThrows(DataException.class, () -> converter.toConnectData(TOPIC, value(1, 0)));
        assertTrue(error.getMessage().contains("imports b.proto, and the registry at"), error.getMessage());
    }

    @Test
    void aSchemaThatTheRegistryRefusesIsADataException() {
        registry.queued.add(FakeRegistry.UNKNOWN_SUBJECT);
        FakeRegistry.Answer refusal = new FakeRegistry.Answer(409,
                "{\"error_code\":409,\"message\":\"field type changed\"}");
        registry.queued.addAll(List.of(refusal, refusal)); // It is asked twice.
        DataException error = assertThrows(DataException.class, () -> converter.fromConnectData(TOPIC, ROW, row()));
        assertTrue(error.getMessage().endsWith("refuses the schema for topic-value: field type changed"));
    }

    @Test
    void anUnavailableRegistryIsWaitedFor() {
        registry.queued.add(new FakeRegistry.Answer(503, "starting"));
        registry.queued.add(FakeRegistry.UNKNOWN_SUBJECT);
        registry.queued.add(new FakeRegistry.Answer(503, "starting"));
        registry.queued.add(FakeRegistry.UNKNOWN_SUBJECT); // asked whether the subject is of another type
        registry.queued.add(new FakeRegistry.Answer(503, "starting"));
        registry.queued.add(new FakeRegistry.Answer(503, "starting"));
        byte[] value = converter.fromConnectData(TOPIC, ROW, row());
        assertArrayEquals(new byte[] {0, 0, 0, 0, 1, 0}, java.util.Arrays.copyOf(value, 6));
    }

    @Test
    void aValueOfAnotherSchemaIsADataException() {
        assertThrows(DataException.class, () -> converter.fromConnectData(TOPIC, ROW, new Struct(INNER)));
        assertThrows(DataException.class, () -> converter.fromConnectData(TOPIC, ROW, "text"));
    }

    @Test
    void theDefinitionChecksTheSettings() {
        assertThrows(ConfigException.class, () -> converter(Map.of("timestamp.precision", "seconds")));
        assertThrows(ConfigException.class, () -> new ProtobufConverter().configure(Map.of(), false));
    }

    @Test
    void millisecondsAreConnectsOwnTypes() {
        Schema schema = SchemaBuilder.struct().name("A").field("at", Timestamp.SCHEMA).build();
        java.util.Date at = new java.util.Date(-1L);
        ProtobufConverter millis = converter(Map.of("timestamp.precision", "millis"));
        byte[] value = millis.fromConnectData(TOPIC, schema, new Struct(schema).put("at", at));
        assertEquals(at, ((Struct) millis.toConnectData(TOPIC, value).value()).get("at"));
    }

    @Test
    void connectFindsTheConverter() {
        assertTrue(ServiceLoader.load(Converter.class).stream()
                .anyMatch(provider -> provider.type() == ProtobufConverter.class));
    }
}
