package sluice.avro;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.storage.Converter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.registry.RegistrySettings;
import sluice.testing.FakeRegistry;

/** Conversion in both directions, and the messages for invalid records. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AvroConverterTest {
    private static final Schema ROW = SchemaBuilder.struct().name("sluice.Row")
            .field("number", Schema.INT64_SCHEMA)
            .field("text", Schema.OPTIONAL_STRING_SCHEMA)
            .field("bytes", Schema.OPTIONAL_BYTES_SCHEMA)
            .build();
    private static final String TOPIC = "topic";

    private FakeRegistry registry;
    private AvroConverter converter;

    @BeforeEach
    void start() throws Exception {
        registry = new FakeRegistry();
        converter = converter(false);
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private AvroConverter converter(boolean isKey) {
        AvroConverter made = new AvroConverter();
        made.configure(Map.of(RegistrySettings.URL, registry.url() + "/"), isKey);
        return made;
    }

    private static Struct row() {
        return new Struct(ROW).put("number", 7L).put("text", "é");
    }

    private byte[] written() {
        return converter.fromConnectData(TOPIC, ROW, row());
    }

    private void assertRefused(byte[] value, String... expected) {
        DataException error = assertThrows(DataException.class, () -> converter.toConnectData(TOPIC, value));
        for (String words : expected) {
            assertTrue(error.getMessage().contains(words), error.getMessage());
        }
    }

    @Test
    void writtenRecordIsReadBack() {
        byte[] value = written();
        assertArrayEquals(new byte[] {0, 0, 0, 0, 1, 14}, Arrays.copyOf(value, 6));
        Struct read = (Struct) converter.toConnectData(TOPIC, value).value();
        assertEquals(List.of(7L, "é"), List.of(read.getInt64("number"), read.getString("text")));
        assertNull(read.get("bytes"));
    }

    @Test
    void primitiveValueIsWrittenAndReadBack() {
        byte[] value = converter.fromConnectData(TOPIC, Schema.INT64_SCHEMA, 7L);
        assertEquals(7L, converter.toConnectData(TOPIC, value).value());
    }

    @Test
    void nullStaysNull() {
        assertNull(converter.fromConnectData(TOPIC, null, null));
        assertNull(converter.toConnectData(TOPIC, null).value());
        assertEquals(List.of(), registry.requests);
    }

    @Test
    void schemaIsRequestedAndRegisteredOnceUnderItsSubject() {
        AvroConverter keys = converter(true);
        for (int times = 0; times < 3; times++) {
            converter.toConnectData(TOPIC, written());
            keys.fromConnectData("a b", ROW, row());
        }
        assertEquals(List.of("GET /schemas/ids/1", "POST /subjects/a b-key/versions", "POST /subjects/topic-value/versions"),
                registry.requests.stream().sorted().toList());
    }

    static List<List<String>> notAvro() {
        return List.of(List.of("", "empty", "deletion"), List.of("{\"utime\": 1}", "0x7b", "JSON"),
                List.of("\u0001\0\0\0\1", "0x01"), List.of("\0\0\0\1", "4 bytes"));
    }

    @ParameterizedTest
    @MethodSource("notAvro")
    void valueThatIsNotAvroIsRefused(List<String> valueAndReasons) {
        assertRefused(valueAndReasons.get(0).getBytes(StandardCharsets.ISO_8859_1),
                valueAndReasons.subList(1, valueAndReasons.size()).toArray(String[]::new));
        assertEquals(List.of(), registry.requests);
    }

    @Test
    void valueThatIsCutShortIsRefused() {
        byte[] value = written();
        for (int length = 5; length < value.length; length++) {
            assertRefused(Arrays.copyOf(value, length), "cut short", "id 1");
        }
    }

    @Test
    void bytesAfterTheEndAreRefused() {
        byte[] value = written();
        assertRefused(Arrays.copyOf(value, value.length + 3), "3 bytes follow the end");
        converter.toConnectData(TOPIC, value);
    }

    @Test
    void valueThatIsNotWhatItsSchemaSaysIsRefused() {
        byte[] value = written();
        value[6] = 5; // an index of neither type of the union "text"
        assertRefused(value, "not what the schema with the id 1 says");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"bytes\"", "\"string\"", "{\"type\":\"array\",\"items\":\"long\"}",
            "{\"type\":\"map\",\"values\":\"long\"}", "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2000000000}"})
    void lengthThatIsALieTakesNoMemory(String schema) {
        registry.schemas.put(1, schema);
        byte[] value = {0, 0, 0, 0, 1, -2, -1, -1, -1, 13, 0}; // The length 1,879,048,191
        var memory = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        long before = memory.getCurrentThreadAllocatedBytes();
        assertRefused(value, "cut short", "id 1");
        assertEquals(0, (memory.getCurrentThreadAllocatedBytes() - before) >> 24, "16 MiB or more");
    }

    @Test
    void textThatIsNotUtf8IsRefusedRatherThanReplaced() {
        registry.schemas.put(1, "\"string\"");
        assertRefused(new byte[] {0, 0, 0, 0, 1, 4, (byte) 0xc3, 0x28}, "UTF-8", "id 1");
    }

    @Test
    void schemaThatContainsItselfIsADataException() {
        registry.schemas.put(1, "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                + "{\"name\":\"n\",\"type\":[\"null\",\"R\"]}]}");
        byte[] deep = new byte[1_000_000];
        Arrays.fill(deep, (byte) 2);
        System.arraycopy(new byte[] {0, 0, 0, 0, 1}, 0, deep, 0, 5);
        assertRefused(deep, "nested deeper than 200 levels", "id 1");
        assertThrows(DataException.class, () -> converter.toConnectData(TOPIC, new byte[] {0, 0, 0, 0, 1, 2, 2, 2}));
    }

    @Test
    void decimalOfNoBytesIsADataException() {
        registry.schemas.put(1, "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,\"scale\":2}");
        assertRefused(new byte[] {0, 0, 0, 0, 1, 0}, "cannot be converted");
    }

    @Test
    void schemaThatIsNotAvroIsRefused() {
        registry.schemas.put(1, "syntax = \"proto3\";");
        assertRefused(new byte[] {0, 0, 0, 0, 1}, "id 1", "Avro");
        registry.queued.add(new FakeRegistry.Answer(200, "{\"schema\":\"{}\",\"schemaType\":\"JSON\"}"));
        assertRefused(new byte[] {0, 0, 0, 0, 2}, "id 2", "is JSON");
    }

    @Test
    void decimalOfAFixedLengthIsRead() {
        registry.schemas.put(1, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"price\","
                + "\"type\":[\"null\",{\"type\":\"fixed\",\"name\":\"F\",\"size\":2,\"logicalType\":\"decimal\",\"precision\":4,\"scale\":2}]}]}");
        Struct read = (Struct) converter.toConnectData(TOPIC, new byte[] {0, 0, 0, 0, 1, 2, -1, 0}).value();
        assertEquals(new BigDecimal("-2.56"), read.get("price"));
    }

    @Test
    void schemaThatTheRegistryRejectsIsReportedWithItsReason() {
        FakeRegistry.Answer refusal = new FakeRegistry.Answer(409, "{\"error_code\":409,\"message\":\"incompatible\"}");
        registry.queued.addAll(List.of(refusal, refusal)); // It is asked twice.
        DataException error = assertThrows(DataException.class, this::written);
        assertTrue(error.getMessage().contains("topic-value: incompatible"), error.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "\"{}", "\"{}\"", "\\u007b}", "{}{}"})
    void defaultOfBracesIsRegisteredUnchanged(String braces) {
        Schema schema = SchemaBuilder.struct().name("Braces")
                .field("text", SchemaBuilder.string().defaultValue(braces).build()).build();
        byte[] value = converter.fromConnectData(TOPIC, schema, new Struct(schema));
        Struct read = (Struct) converter.toConnectData(TOPIC, value).value();
        assertEquals(List.of(braces, braces), List.of(read.get("text"), read.schema().field("text").schema().defaultValue()));
    }

    @Test
    void workerFindsTheConverterByItsService() {
        assertTrue(ServiceLoader.load(Converter.class).stream().anyMatch(one -> one.type() == AvroConverter.class));
    }
}
