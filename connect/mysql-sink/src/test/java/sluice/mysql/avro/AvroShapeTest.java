package sluice.mysql.avro;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import sluice.avro.AvroConverter;
import sluice.avro.AvroInput;
import sluice.avro.AvroShape;
import sluice.registry.WireFormat;
import sluice.testing.FakeRegistry;

/**
 * Bytes that are cut, changed or random: refused as Avro does, at once, and whatever lengths they claim. Other values
 * with `FUZZ_SEED=N` in the environment.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AvroShapeTest {
    private static final int SCHEMAS = 150;
    private static final int VALUES = 10;
    private static final String LEFT = "bytes follow";
    private static final String BAD = "the value is not what the schema";
    private static final String CUT = "the value is cut short";

    private final long seed = Long.parseLong(System.getenv().getOrDefault("FUZZ_SEED", "20121116"));
    private final Random random = new Random(seed);
    private final RandomAvro avro = new RandomAvro(random);
    private FakeRegistry registry;
    private AvroConverter converter;

    @BeforeEach
    void start() throws Exception {
        registry = new FakeRegistry();
        converter = new AvroConverter();
        converter.configure(Map.of("schema.registry.url", registry.url()), false);
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private Schema register(int id) {
        Schema schema = avro.record();
        registry.schemas.put(id, schema.toString());
        return schema;
    }

    /** Returns the reason for which a value is refused; null if it is skipped to its end. */
    private static String refusal(AvroShape shape, int id, byte[] value) {
        AvroInput in = new AvroInput(id);
        in.reset(value, WireFormat.HEADER_BYTES);
        try {
            shape.skip(in);
            in.end();
            return null;
        } catch (DataException refused) {
            return refused.getMessage();
        }
    }

    /** Returns how Avro's own reader refuses a value: CUT, BAD or LEFT; null if it reads it. */
    private static String avroRefusal(Schema schema, byte[] value) {
        BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(
                value, WireFormat.HEADER_BYTES, value.length - WireFormat.HEADER_BYTES, null);
        try {
            new GenericDatumReader<>(schema).read(null, decoder);
            return decoder.isEnd() ? null : LEFT;
        } catch (EOFException cut) {
            return CUT;
        } catch (IOException | RuntimeException error) {
            return BAD;
        }
    }

    private void assertSame(Schema schema, int id, byte[] value) {
        String reason = refusal(AvroShape.of(schema), id, value);
        if (reason != null && reason.endsWith("not UTF-8")) {
            return; // Avro's reader replaces what is wrong.
        }
        String expected = avroRefusal(schema, value);
        assertTrue(expected == null ? reason == null : reason != null && reason.contains(expected),
                () -> "seed " + seed + ", schema " + schema + ", value " + Arrays.toString(value)
                        + ": Avro: " + expected + ", ours: " + reason);
    }

    /** Converts a value; nothing but a DataException may come of it, and no more memory than it needs. */
    private void convert(Schema schema, byte[] value) {
        long before = allocated();
        try {
            converter.toConnectData("t", value);
        } catch (DataException refused) {
            assertFalse(refused.getMessage().isEmpty());
        }
        assertEquals(0, (allocated() - before) >> 24, () -> "16 MiB or more, seed " + seed + ", schema " + schema
                + ", value " + Arrays.toString(value));
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean())
                .getCurrentThreadAllocatedBytes();
    }

    @Test
    void prefixesAndBytesLeftOverAreRefusedWithTheSameReason() {
        for (int id = 1; id <= SCHEMAS; id++) {
            Schema schema = register(id);
            byte[] value = avro.value(schema, WireFormat.header(id));
            for (int length = WireFormat.HEADER_BYTES; length <= value.length + 2; length += 1 + length / 20) {
                assertSame(schema, id, Arrays.copyOf(value, length));
            }
        }
    }

    @Test
    void changedValuesAreRefusedWithTheSameReason() {
        int refused = 0;
        for (int id = 1; id <= SCHEMAS; id++) {
            Schema schema = register(id);
            AvroShape shape = AvroShape.of(schema);
            for (int count = 0; count < VALUES; count++) {
                byte[] value = avro.value(schema, WireFormat.header(id));
                if (value.length > WireFormat.HEADER_BYTES) {
                    int at = WireFormat.HEADER_BYTES + random.nextInt(value.length - WireFormat.HEADER_BYTES);
                    value[at] = (byte) random.nextInt();
                }
                String reason = refusal(shape, id, value);
                refused += reason == null ? 0 : 1;
                convert(schema, value);
                // One that is cut short may claim gigabytes, which Avro's reader allocates.
                if (reason == null || !reason.startsWith(CUT)) {
                    assertSame(schema, id, value);
                }
            }
        }
        assertTrue(refused > SCHEMAS, "only " + refused + " values were bad");
    }

    @Test
    void randomBytesEndInAReasonOrNone() {
        for (int id = 1; id <= SCHEMAS; id++) {
            Schema schema = register(id);
            for (int count = 0; count < VALUES; count++) {
                byte[] value = new byte[WireFormat.HEADER_BYTES + random.nextInt(100)];
                random.nextBytes(value);
                System.arraycopy(WireFormat.header(id), 0, value, 0, WireFormat.HEADER_BYTES);
                convert(schema, value);
            }
        }
    }

    @Test
    void deepNestingIsRefusedBeforeTheStackIsFull() {
        AvroShape shape = AvroShape.of(new Schema.Parser().parse(
                "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"next\",\"type\":[\"null\",\"R\"]}]}"));
        byte[] value = new byte[1_000_000];
        Arrays.fill(value, (byte) 2);
        assertEquals(BAD + " with the id 7 says: nested deeper than 200 levels", refusal(shape, 7, value));
    }

    @Test
    void itemsOfNoBytesAreCounted() {
        AvroShape shape = AvroShape.of(new Schema.Parser().parse("{\"type\":\"array\",\"items\":"
                + "{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}}"));
        byte[] many = ByteBuffer.allocate(15).put(5, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, 1}).array();
        assertThrows(DataException.class, () -> {
            AvroInput in = new AvroInput(7);
            in.reset(many, 5);
            shape.skip(in);
        });
        byte[] some = {0, 0, 0, 0, 7, (byte) 0xfe, (byte) 0xff, 0x7f, 0};
        assertEquals(null, refusal(shape, 7, some));
        byte[] blocks = new byte[5 + 3 * 1000];
        for (int at = 5; at < blocks.length; at += 3) {
            System.arraycopy(some, 5, blocks, at, 3);
        }
        assertEquals(BAD + " with the id 7 says: more than 1048576 items of no bytes", refusal(shape, 7, blocks));
    }
}
