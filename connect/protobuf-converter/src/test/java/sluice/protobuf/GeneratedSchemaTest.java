package sluice.protobuf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import sluice.registry.RegistrySettings;
import sluice.testing.FakeRegistry;

/** Schemas that are generated: fields' numbers when a schema changes, and what Protobuf has not. */
class GeneratedSchemaTest {
    private static final String TOPIC = "topic";

    private FakeRegistry registry;
    private ProtobufConverter converter;

    @BeforeEach
    void start() throws Exception {
        registry = new FakeRegistry();
        converter = converter();
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private ProtobufConverter converter() {
        ProtobufConverter made = new ProtobufConverter();
        made.configure(Map.of(RegistrySettings.URL, registry.url()), false);
        return made;
    }

    private static Struct struct(Object... fields) {
        SchemaBuilder schema = SchemaBuilder.struct().name("A");
        for (Object field : fields) {
            schema.field((String) field, Schema.OPTIONAL_INT32_SCHEMA);
        }
        return new Struct(schema.build());
    }

    private String textOf(Struct struct) {
        byte[] value = converter().fromConnectData(TOPIC, struct.schema(), struct);
        return registry.schemas.get((int) value[4]).split("message A ")[1].replaceAll("optional int32 |\\s+", "");
    }

    @Test
    void fieldsKeepTheNumbersThatTheyHadBefore() {
        assertEquals("{a=1;b=2;c=3;}", textOf(struct("a", "b", "c")));
        assertEquals("{x=4;a=1;b=2;c=3;}", textOf(struct("x", "a", "b", "c")));
        assertEquals("{reserved1,2;reserved\"a\",\"b\";x=4;c=3;}", textOf(struct("x", "c")));
        assertEquals("{reserved1,2,4;reserved\"b\",\"x\";a=5;c=3;}", textOf(struct("a", "c")));
    }

    private static Struct outer(Struct inner) {
        Schema schema = SchemaBuilder.struct().name("x.A").field("inner", inner.schema()).build();
        return new Struct(schema).put("inner", inner);
    }

    @Test
    void fieldsOfNestedMessagesKeepTheirNumbersToo() {
        converter.fromConnectData(TOPIC, outer(struct("b")).schema(), outer(struct("b")));
        converter.fromConnectData(TOPIC, outer(struct("a", "b")).schema(), outer(struct("a", "b")));
        assertTrue(registry.schemas.get(2).contains("    optional int32 a = 2;\n    optional int32 b = 1;\n"),
                registry.schemas.get(2));
    }

    @Test
    void aSubjectOfAnotherTypeIsNotWaitedFor() {
        Struct row = struct("a");
        registry.queued.add(new FakeRegistry.Answer(200, "{\"id\":1,\"schema\":\"{}\"}"));
        registry.queued.add(new FakeRegistry.Answer(500, "{\"message\":\"Illegal base64 character 7b\"}"));
        registry.queued.add(new FakeRegistry.Answer(200, "{\"id\":1,\"schema\":\"{}\"}"));
        DataException error = assertThrows(DataException.class, () -> converter.fromConnectData(TOPIC, row.schema(), row));
        String reason = "it is PROTOBUF, and the subject's schemas are AVRO";
        assertTrue(error.getMessage().contains(reason), error.getMessage());
    }

    private void assertNotWritten(Schema schema, Object value, String reason) {
        DataException error = assertThrows(DataException.class, () -> converter.fromConnectData(TOPIC, schema, value));
        assertTrue(error.getMessage().contains(reason), error.getMessage());
    }

    private void assertFieldNotWritten(Schema field, Object value, String reason) {
        Schema schema = SchemaBuilder.struct().name("A").field("f", field).build();
        assertNotWritten(schema, new Struct(schema).put("f", value), reason);
    }

    @Test
    void whatProtobufHasNotIsADataException() {
        assertNotWritten(null, Map.of("a", 1), "without a schema cannot be written as Protobuf");
        assertNotWritten(Schema.STRING_SCHEMA, "text", "a STRING cannot be written as Protobuf, only a struct can");
        Schema named = SchemaBuilder.struct().field("größe", Schema.INT32_SCHEMA).build();
        assertNotWritten(named, new Struct(named).put("größe", 1), "the field größe cannot be written as Protobuf");
        Schema list = SchemaBuilder.array(Schema.OPTIONAL_INT32_SCHEMA).build();
        assertFieldNotWritten(SchemaBuilder.array(list).build(), List.of(), "f is a list or map inside another");
        assertFieldNotWritten(list, java.util.Arrays.asList(1, null), "f: has an entry that is null");
        assertFieldNotWritten(SchemaBuilder.map(Schema.FLOAT64_SCHEMA, Schema.INT32_SCHEMA).build(), Map.of(),
                "keys of the type FLOAT64");
        assertFieldNotWritten(SchemaBuilder.int32().name("io.debezium.time.Date").build(), 9_999_999,
                "f: is +29349-01-25; a google.type.Date has the years 1 to 9999");
        Schema required = SchemaBuilder.struct().field("f", Schema.STRING_SCHEMA).build();
        assertNotWritten(required, new Struct(required), "null used for required field: \"f\"");
    }
}
