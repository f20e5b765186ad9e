package sluice.avro;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import sluice.registry.RegistrySettings;
import sluice.testing.FakeRegistry;

/** Null in a field with a default is written as null, at any depth. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NullableDefaultRemoverTest {
    private static final Schema ROW = row().build();
    private static final Schema OPTIONAL_ROW = row().optional().build();
    private static final Schema SOURCE = SchemaBuilder.struct().name("io.debezium.connector.mysql.Source")
            .field("snapshot", optional("false")).build();
    private static final Schema ENVELOPE = SchemaBuilder.struct().name("Envelope")
            .field("before", OPTIONAL_ROW).field("after", OPTIONAL_ROW).field("source", SOURCE).build();

    private FakeRegistry registry;
    private AvroConverter converter;

    @BeforeEach
    void start() throws Exception {
        registry = new FakeRegistry();
        converter = new AvroConverter();
        converter.configure(Map.of(RegistrySettings.URL, registry.url()), false);
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private static SchemaBuilder row() {
        return SchemaBuilder.struct().name("Row").field("note", optional("x"))
                .field("number", SchemaBuilder.int64().defaultValue(3L).build());
    }

    private static Schema optional(String defaultValue) {
        return SchemaBuilder.string().optional().defaultValue(defaultValue).build();
    }

    private static Struct row(Schema schema, String note) {
        return new Struct(schema).put("note", note);
    }

    private Object writtenAndRead(Schema schema, Object value) {
        return converter.toConnectData("topic", converter.fromConnectData("topic", schema, value)).value();
    }

    private Struct readEnvelope(String before, String after) {
        Struct envelope = new Struct(ENVELOPE).put("before", row(OPTIONAL_ROW, before))
                .put("after", row(OPTIONAL_ROW, after)).put("source", new Struct(SOURCE));
        return (Struct) writtenAndRead(ENVELOPE, envelope);
    }

    @Test
    void nullIsWrittenAsNullAndAnyOtherValueAsItself() {
        for (String note : Arrays.asList(null, "x", "y", "")) {
            assertEquals(note, ((Struct) writtenAndRead(ROW, row(ROW, note))).get("note"));
        }
    }

    @Test
    void nullIsWrittenAsNullInTheRowsOfAnEnvelope() {
        Struct read = readEnvelope("y", null);
        assertEquals("y", read.getStruct("before").get("note"));
        assertNull(read.getStruct("after").get("note"));
        assertNull(readEnvelope(null, "y").getStruct("before").get("note"));
    }

    @Test
    void rowThatIsMissingInAnEnvelopeStaysNull() {
        Struct deletion = new Struct(ENVELOPE).put("before", row(OPTIONAL_ROW, "y")).put("source", new Struct(SOURCE));
        assertNull(((Struct) writtenAndRead(ENVELOPE, deletion)).get("after"));
    }

    @Test
    void fieldThatDebeziumLeavesOutOfItsOwnStructsHasItsDefault() {
        assertEquals("false", readEnvelope("y", "z").getStruct("source").get("snapshot"));
    }

    @Test
    void fieldThatMustHaveAValueKeepsItsDefault() {
        assertEquals(3L, ((Struct) writtenAndRead(ROW, row(ROW, "y"))).get("number"));
        Struct set = row(ROW, "y").put("number", 4L);
        assertEquals(4L, ((Struct) writtenAndRead(ROW, set)).get("number"));
    }

    @Test
    void nullIsWrittenAsNullInListsAndMaps() {
        Schema schema = SchemaBuilder.struct().name("Rows").field("list", SchemaBuilder.array(OPTIONAL_ROW).build())
                .field("map", SchemaBuilder.map(Schema.STRING_SCHEMA, ROW).build()).build();
        Struct rows = new Struct(schema).put("list", Arrays.asList(row(OPTIONAL_ROW, null), null))
                .put("map", Map.of("a", row(ROW, null)));
        Struct read = (Struct) writtenAndRead(schema, rows);
        List<Struct> list = read.getArray("list");
        assertNull(list.get(0).get("note"));
        assertNull(list.get(1));
        assertNull(read.<String, Struct>getMap("map").get("a").get("note"));
    }

    @Test
    void schemaWithoutSuchAFieldIsUsedAsItIs() {
        NullableDefaultRemover fields = new NullableDefaultRemover();
        Schema schema = SchemaBuilder.struct().name("Plain").field("text", Schema.OPTIONAL_STRING_SCHEMA)
                .field("list", SchemaBuilder.array(Schema.OPTIONAL_INT64_SCHEMA).build()).field("source", SOURCE).build();
        Struct value = new Struct(schema);
        assertSame(schema, fields.removeFrom(schema));
        assertSame(value, fields.convert(schema, value));
    }

    @Test
    void schemaIsCopiedOnce() {
        NullableDefaultRemover fields = new NullableDefaultRemover();
        Schema copy = fields.removeFrom(ENVELOPE);
        assertSame(copy, fields.removeFrom(ENVELOPE));
        assertSame(copy.field("before").schema(), copy.field("after").schema());
    }

    @Test
    void valueOfAnotherSchemaIsRefused() {
        Struct other = row(OPTIONAL_ROW, "y");
        assertThrows(DataException.class, () -> converter.fromConnectData("topic", ROW, other));
    }
}
