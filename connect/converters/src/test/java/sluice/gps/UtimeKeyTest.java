package sluice.gps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.ServiceLoader;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.transforms.Transformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transformed records, and the messages for those that the table would reject. */
class UtimeKeyTest {
    private static final long UTIME = 1_353_099_678_298_235L;
    private static final Schema FIX = SchemaBuilder.struct()
            .field("recorded_at", SchemaBuilder.int64().name("io.debezium.time.MicroTimestamp").build())
            .field("fix_mode", Schema.INT32_SCHEMA)
            .field("satellites", Schema.OPTIONAL_INT32_SCHEMA)
            .field("latitude", Schema.OPTIONAL_FLOAT64_SCHEMA)
            .build();

    private final UtimeKey<SinkRecord> transform = new UtimeKey<>();

    private static Struct fix() {
        return new Struct(FIX).put("recorded_at", UTIME).put("fix_mode", 3).put("satellites", 0).put("latitude", 0.7);
    }

    private SinkRecord apply(Object key, Object value) {
        return transform.apply(new SinkRecord("gps-fixes", 2, Schema.OPTIONAL_STRING_SCHEMA, key, FIX, value, 7L));
    }

    private void assertRefused(Object key, Object value, String... expected) {
        DataException error = assertThrows(DataException.class, () -> apply(key, value));
        for (String words : expected) {
            assertTrue(error.getMessage().contains(words), error.getMessage());
        }
    }

    @Test
    void keyBecomesANumberAndTheValueStays() {
        Struct value = fix();
        SinkRecord row = apply(Long.toString(UTIME), value);
        assertEquals(UTIME, ((Struct) row.key()).getInt64("utime"));
        assertSame(value, row.value());
        assertEquals(7L, row.kafkaOffset());
    }

    @Test
    void deletionNeedsNoValue() {
        assertNull(apply("-1", null).value());
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "not-a-number", "99999999999999999999999", "1353500000000009.0", "+5", "05", " 5", "٥", "1e3"})
    void keyThatIsNoUtimeIsRefusedWithAndWithoutAValue(String key) {
        for (Struct value : new Struct[] {fix(), null}) {
            assertRefused(key, value, "key", "utime", key == null ? "no key" : '"' + key + '"');
        }
    }

    @Test
    void keyThatIsNoTextIsRefused() {
        assertRefused(UTIME, fix(), "java.lang.Long", "StringConverter");
    }

    @Test
    void keyOfAnotherTimeIsRefused() {
        assertRefused("1353099678298236", fix(), "1353099678298236", "recorded_at is " + UTIME);
    }

    @ParameterizedTest
    @CsvSource({"fix_mode, 128", "fix_mode, -129"})
    void numberThatTheColumnCannotHoldIsRefused(String name, int number) {
        assertRefused(Long.toString(UTIME), fix().put(name, number), name, Integer.toString(number), "-128 to 127");
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void numberThatIsNotFiniteIsRefused(double number) {
        assertRefused(Long.toString(UTIME), fix().put("latitude", number), "latitude is " + number);
    }

    @Test
    void timeThatTheColumnCannotHoldIsRefused() {
        assertRefused(Long.toString(Long.MAX_VALUE), fix().put("recorded_at", Long.MAX_VALUE), "recorded_at");
    }

    @Test
    void valueWithoutARequiredFieldIsRefused() {
        assertRefused(Long.toString(UTIME), fix().put("satellites", null), "no satellites");
        Schema other = SchemaBuilder.struct().field("recorded_at", Schema.INT64_SCHEMA).build();
        assertRefused(Long.toString(UTIME), new Struct(other).put("recorded_at", UTIME), "no fix_mode");
    }

    @Test
    void valueOfAnotherTypeIsRefused() {
        assertRefused(Long.toString(UTIME), "text", "java.lang.String");
        Schema other = SchemaBuilder.struct().field("recorded_at", Schema.STRING_SCHEMA).build();
        assertRefused(Long.toString(UTIME), new Struct(other).put("recorded_at", "now"), "recorded_at is a String");
    }

    @Test
    void workerFindsTheTransformByItsService() {
        assertEquals(List.of(UtimeKey.class),
                ServiceLoader.load(Transformation.class).stream().map(ServiceLoader.Provider::type)
                        .filter(type -> type.getName().startsWith("sluice.")).toList());
    }
}
