package sluice.protobuf.write;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.Test;
import sluice.protobuf.ProtobufDecoder;
import sluice.protobuf.schema.ProtobufSchema;
import sluice.protobuf.schema.StandardFiles;

/**
 * Random schemas and records: what is written is read again, and no bytes cause anything but a DataException.
 * Other ones with `FUZZ_SEED=N` in the environment.
 */
class RandomRecordsTest {
    private static final int DEPTH = 3;
    private static final long DAY_MILLIS = 86_400_000;

    private final Random random = new Random(
            Long.parseLong(System.getenv().getOrDefault("FUZZ_SEED", "20121116")));
    private int names;

    private record Kind(Supplier<SchemaBuilder> schema, Supplier<Object> value) { }

    private final List<Kind> kinds = List.of(
            new Kind(SchemaBuilder::int8, () -> (byte) random.nextInt()),
            new Kind(SchemaBuilder::int16, () -> (short) random.nextInt()),
            new Kind(SchemaBuilder::int32, random::nextInt),
            new Kind(SchemaBuilder::int64, random::nextLong),
            new Kind(() -> SchemaBuilder.int64().parameter("protobuf.type", "uint32"), () -> random.nextLong() >>> 32),
            new Kind(SchemaBuilder::float32, () -> Float.intBitsToFloat(random.nextInt())),
            new Kind(SchemaBuilder::float64, () -> Double.longBitsToDouble(random.nextLong())),
            new Kind(SchemaBuilder::bool, random::nextBoolean),
            new Kind(SchemaBuilder::string, this::text),
            new Kind(SchemaBuilder::bytes, this::bytes),
            new Kind(Date::builder, () -> new java.util.Date((random.nextInt(100_000) - 50_000) * DAY_MILLIS)),
            new Kind(() -> Decimal.builder(3), () -> new BigDecimal(new BigInteger(90, random), 3)),
            new Kind(() -> Decimal.builder(0).parameter("protobuf.type", "uint64"),
                    () -> new BigDecimal(new BigInteger(64, random))),
            new Kind(() -> SchemaBuilder.int64().name("io.debezium.time.MicroTimestamp"), () -> random.nextLong() >> 4),
            new Kind(() -> SchemaBuilder.int64().name("io.debezium.time.MicroDuration"), () -> random.nextLong() >> 4),
            new Kind(() -> SchemaBuilder.int64().name("io.debezium.time.MicroTime"),
                    () -> random.nextLong(1_000 * DAY_MILLIS)));

    private String text() {
        return random.ints(random.nextInt(5), 0, 0xd800).collect(
                StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(5)];
        random.nextBytes(bytes);
        return bytes;
    }

    private Object[] record(int depth) {
        SchemaBuilder schema = SchemaBuilder.struct().name("pkg.Name" + names++);
        List<Object> values = new ArrayList<>();
        for (int index = random.nextInt(6); index >= 0; index--) {
            Object[] field = field(depth);
            schema.field("f" + index, (Schema) field[0]);
            values.add(field[1]);
        }
        boolean optional = depth < DEPTH && random.nextBoolean();
        Struct struct = new Struct(optional ? schema.optional().build() : schema.build());
        struct.schema().fields().forEach(field -> struct.put(field, values.get(field.index())));
        return new Object[] {struct.schema(), struct};
    }

    /** Returns a schema and a value of it. */
    private Object[] field(int depth) {
        switch (depth == 0 ? 0 : random.nextInt(6)) {
            case 1: {
                Object[] element = record(depth - 1);
                return new Object[] {SchemaBuilder.array((Schema) element[0]).build(), List.of(element[1], element[1])};
            }
            case 2: {
                Object[] value = record(depth - 1);
                return new Object[] {SchemaBuilder.map(Schema.INT32_SCHEMA, (Schema) value[0]).build(),
                        Map.of(1, value[1], -2, value[1])};
            }
            case 3:
                return record(depth - 1);
            default: {
                Kind kind = kinds.get(random.nextInt(kinds.size()));
                boolean optional = random.nextBoolean();
                SchemaBuilder schema = optional ? kind.schema().get().optional() : kind.schema().get();
                return new Object[] {schema.build(),
                        optional && random.nextBoolean() ? null : kind.value().get()};
            }
        }
    }

    /** Returns a value in which equal numbers, bytes and structs are equal whatever their Java types. */
    private static Object plain(Object value) {
        if (value instanceof Struct struct) {
            Map<String, Object> map = new TreeMap<>();
            for (Field field : struct.schema().fields()) {
                map.put(field.name(), plain(struct.get(field)));
            }
            return map;
        }
        if (value instanceof List<?> list) {
            return list.stream().map(RandomRecordsTest::plain).toList();
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> plain = new HashMap<>();
            map.forEach((key, content) -> plain.put(key, plain(content)));
            return plain;
        }
        if (value instanceof Byte || value instanceof Short) {
            return ((Number) value).intValue();
        }
        return value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : value;
    }

    private static ProtobufSchema schema(RecordWriter writer) {
        return new ProtobufSchema(1, ProtobufSchema.link("test", writer.text(), StandardFiles::find));
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        for (int trial = 0; trial < 400; trial++) {
            Struct struct = (Struct) record(DEPTH)[1];
            RecordWriter writer = RecordWriter.of(struct.schema(), null);
            byte[] value = RecordWriter.encode(writer.message(struct), 1);
            assertEquals(plain(struct), plain(new ProtobufDecoder().decode(value, schema(writer)).value()), writer.text());
        }
    }

    @Test
    void damagedBytesCauseNothingButADataException() {
        for (int trial = 0; trial < 100; trial++) {
            Struct struct = (Struct) record(DEPTH)[1];
            RecordWriter writer = RecordWriter.of(struct.schema(), null);
            byte[] value = RecordWriter.encode(writer.message(struct), 1);
            ProtobufSchema schema = schema(writer);
            ProtobufDecoder decoder = new ProtobufDecoder();
            for (int damage = 0; damage < 50; damage++) {
                byte[] damaged = Arrays.copyOf(value, 5 + random.nextInt(value.length));
                for (int change = random.nextInt(3); change >= 0 && damaged.length > 5; change--) {
                    damaged[5 + random.nextInt(damaged.length - 5)] = (byte) random.nextInt();
                }
                long before = allocated();
                try {
                    decoder.decode(damaged, schema);
                } catch (DataException expected) {
                    assertFalse(expected.getMessage().isEmpty());
                }
                assertEquals(0, (allocated() - before) >> 24, () -> "16 MiB or more for " + Arrays.toString(damaged));
            }
        }
    }

    @Test
    void aLengthThatIsALieTakesNoMemory() throws IOException {
        ProtobufSchema schema = new ProtobufSchema(1, ProtobufSchema.link("test", "syntax = \"proto3\"; message A { "
                + "bytes b = 1; repeated int64 n = 2; map<int32, A2> m = 3; } message A2 { }", StandardFiles::find));
        for (int field = 1; field <= 3; field++) {
            ByteArrayOutputStream value = new ByteArrayOutputStream();
            value.write(new byte[6]);
            CodedOutputStream out = CodedOutputStream.newInstance(value);
            out.writeTag(field, 2);
            out.writeUInt32NoTag(Integer.MAX_VALUE);
            out.flush();
            long before = allocated();
            assertThrows(DataException.class, () -> new ProtobufDecoder().decode(value.toByteArray(), schema));
            assertEquals(0, (allocated() - before) >> 24, "16 MiB or more for " + value.size() + " bytes");
        }
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean())
                .getCurrentThreadAllocatedBytes();
    }
}
