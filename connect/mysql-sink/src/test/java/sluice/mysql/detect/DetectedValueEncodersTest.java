package sluice.mysql.detect;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sluice.mysql.column.Column;
import sluice.mysql.column.TableDefinition;
import sluice.mysql.config.RecordSettings;
import sluice.mysql.encode.MismatchException;
import sluice.mysql.encode.TableColumns;
import sluice.mysql.encode.ValueEncoder;
import sluice.mysql.encode.ValueEncoders;
import sluice.mysql.text.RowBuffer;
import sluice.registry.RegistryClient;
import sluice.registry.RegistryRetry;
import sluice.testing.FakeRegistry;

/** value.format=detect: one table's rows from Avro, Protobuf and JSON, and reasons for all else. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DetectedValueEncodersTest {
    private static final String AVRO = "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
            + "{\"name\":\"number\",\"type\":\"int\"},{\"name\":\"text\",\"type\":[\"null\",\"string\"]}]}";
    private static final String PROTOBUF = "syntax = \"proto3\"; "
            + "message R { int32 number = 1; optional string text = 2; }";
    private static final String JSON = "{\"schema\":{\"type\":\"struct\",\"fields\":["
            + "{\"field\":\"number\",\"type\":\"int32\"},"
            + "{\"field\":\"text\",\"type\":\"string\",\"optional\":true}]},\"payload\":{\"number\":7,\"text\":\"é\"}}";
    private static final byte[] AVRO_VALUE = {0, 0, 0, 0, 1, 14, 2, 4, (byte) 0xc3, (byte) 0xa9};
    private static final byte[] PROTOBUF_VALUE = {0, 0, 0, 0, 2, 0, 8, 7, 18, 2, (byte) 0xc3, (byte) 0xa9};
    private static final String ROW = "7\té";

    private FakeRegistry registry;
    private DetectedSchemas schemas;

    @BeforeEach
    void start() throws Exception {
        registry = new FakeRegistry();
        registry.schemas.put(1, AVRO);
        registry.schemas.put(2, PROTOBUF);
        registry.types.put(2, "PROTOBUF");
        schemas = new DetectedSchemas(new RegistryClient(registry.url()), new RegistryRetry());
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private static Column column(String name, String type) {
        return new Column(name, type, type, 100, 0, 0, false, true, true, false);
    }

    private DetectedValueEncoders encoders(RecordSettings settings, String... columns) {
        List<Column> all = Arrays.stream(columns).map(one -> one.split(" "))
                .map(one -> column(one[0], one[1])).toList();
        TableDefinition table = new TableDefinition("t", all, List.of(all.get(0).name()), null, false, "");
        return new DetectedValueEncoders(schemas, new TableColumns(table), settings);
    }

    private static RecordSettings settings(boolean fail) {
        return new RecordSettings(true, List.of("id"), null, fail);
    }

    private DetectedValueEncoders encoders() {
        return encoders(settings(true), "id bigint", "number int", "text varchar");
    }

    private static String row(ValueEncoders encoders, Object value) {
        RowBuffer row = new RowBuffer();
        encoders.choose(new SinkRecord("topic", 0, null, "1", null, value, 0)).encode(value, row);
        return new String(row.bytes(), 0, row.size(), StandardCharsets.UTF_8);
    }

    private static String refusal(ValueEncoders encoders, Object value) {
        return assertThrows(DataException.class, () -> row(encoders, value)).getMessage();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void eachFormatGivesTheSameRow() {
        DetectedValueEncoders encoders = encoders();
        for (int times = 0; times < 2; times++) {
            assertEquals(ROW, row(encoders, AVRO_VALUE));
            assertEquals(ROW, row(encoders, PROTOBUF_VALUE));
            assertEquals(ROW, row(encoders, bytes(JSON)));
        }
        assertEquals(List.of("GET /schemas/ids/1", "GET /schemas/ids/2"), registry.requests);
    }

    @Test
    void otherValuesAreRefusedWithTheReasonsOfAvroConverter() {
        DetectedValueEncoders encoders = encoders();
        assertTrue(refusal(encoders, new byte[0]).contains("the value is empty"));
        assertTrue(refusal(encoders, bytes("x")).contains("begins with the byte 0x78"));
        assertTrue(refusal(encoders, new byte[] {0, 1}).contains("2 bytes: too few"));
        assertTrue(refusal(encoders, Arrays.copyOf(AVRO_VALUE, 8)).contains("cut short"));
        assertTrue(refusal(encoders, Arrays.copyOf(AVRO_VALUE, 11)).contains("1 bytes follow the end"));
        assertTrue(refusal(encoders, "text").contains("ByteArrayConverter"));
        assertTrue(refusal(encoders, bytes("{\"number\":7}")).contains("schema"));
        assertTrue(refusal(encoders, bytes(JSON.replaceFirst("\"payload\".*", "\"payload\":null}"))).contains("null"));
        registry.schemas.put(3, "{}");
        registry.types.put(3, "JSON");
        assertTrue(refusal(encoders, new byte[] {0, 0, 0, 0, 3}).contains("is JSON, neither Avro nor Protobuf"));
    }

    @Test
    void textThatIsNotUtf8IsRefused() {
        byte[] value = AVRO_VALUE.clone();
        value[8] = 'x';
        assertTrue(refusal(encoders(), value).contains("not UTF-8"));
    }

    @Test
    void numberOfMoreBitsThanItsSchemaNamesIsRefused() {
        registry.schemas.put(1, AVRO.replace("\"int\"", "{\"type\":\"int\",\"connect.type\":\"int8\"}"));
        assertEquals(ROW, row(encoders(), AVRO_VALUE));
        byte[] value = {0, 0, 0, 0, 1, (byte) 0x80, 2, 0};
        assertTrue(refusal(encoders(), value).contains("128 is not between -128 and 127"));
    }

    @Test
    void schemaThatDoesNotSuitTheTableIsRefusedEachTime() {
        DetectedValueEncoders encoders = encoders(settings(false), "id bigint", "number int");
        for (int times = 0; times < 2; times++) {
            assertTrue(refusal(encoders, AVRO_VALUE).contains("text"));
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "2"})
    void latestSchemaIsComparedWithTheTable(int id) {
        DetectedValueEncoders missing = encoders(settings(true), "id bigint", "number int");
        assertDoesNotThrow(() -> missing.planLatest("topic"));
        registry.latest.put("topic-value", id);
        String reason = assertThrows(MismatchException.class, () -> missing.planLatest("topic")).getMessage();
        assertTrue(reason.contains("field text") && reason.contains("table t"), reason);
        assertDoesNotThrow(() -> encoders().planLatest("topic"));
        assertDoesNotThrow(() -> encoders(settings(false), "id bigint", "number int").planLatest("topic"));
    }

    @Test
    void latestSchemaIsNotWaitedFor() {
        registry.close();
        assertDoesNotThrow(() -> encoders().planLatest("topic"));
    }

    @Test
    void valueThatIsNoRecordIsReadAsAMap() {
        registry.schemas.put(1, "{\"type\":\"map\",\"values\":\"int\"}");
        byte[] value = {0, 0, 0, 0, 1, 2, 12, 'n', 'u', 'm', 'b', 'e', 'r', 14, 0};
        assertEquals("7", row(encoders(), value));
        registry.schemas.put(3, "[\"null\",\"int\"]");
        assertTrue(refusal(encoders(), new byte[] {0, 0, 0, 0, 3, 0}).contains("null"));
    }

    @Test
    void primaryKeyOfTheValueComesFirst() {
        RecordSettings ofValue = new RecordSettings(false, List.of("text"), null, true);
        DetectedValueEncoders encoders = encoders(ofValue, "text varchar", "number int");
        assertEquals("é\t7", row(encoders, AVRO_VALUE));
        assertTrue(refusal(encoders, Arrays.copyOf(AVRO_VALUE, 8)).contains("cut short"));
    }

    @Test
    void fieldThatMustEqualTheKeyIsGivenRaw() {
        RecordSettings checked = new RecordSettings(true, List.of("id"), "number", true);
        for (byte[] value : List.of(AVRO_VALUE, PROTOBUF_VALUE, bytes(JSON))) {
            DetectedValueEncoders encoders = encoders(checked, "id bigint", "number int", "text varchar");
            ValueEncoder encoder = encoders.choose(new SinkRecord("topic", 0, null, "7", null, value, 0));
            encoder.encode(value, new RowBuffer());
            assertEquals(7, encoder.checkedField());
        }
    }
}
