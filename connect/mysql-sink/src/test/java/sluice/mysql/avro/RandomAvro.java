package sluice.mysql.avro;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** Random Avro schemas, and random values of them in the registry's wire format. */
public final class RandomAvro {
    private static final int MAX_DEPTH = 3;
    private static final int MAX_FIELDS = 4;
    private static final int MAX_ITEMS = 4;

    /** Types without parts. %s is the number of a name. */
    private static final List<String> SCALARS = List.of(
            "\"boolean\"", "\"int\"", "\"long\"", "\"float\"", "\"double\"", "\"string\"", "\"bytes\"",
            "\"int\"", "\"long\"", "\"double\"", "\"string\"",
            logical("int", "date"), logical("int", "time-millis"), logical("long", "time-micros"),
            logical("long", "timestamp-millis"), logical("long", "timestamp-micros"),
            logical("long", "local-timestamp-millis"), logical("long", "local-timestamp-micros"),
            logical("string", "uuid"),
            "{'type':'bytes','logicalType':'decimal','precision':12,'scale':3}",
            "{'type':'bytes','logicalType':'decimal','precision':40,'scale':0}",
            "{'type':'fixed','name':'F%s','size':5,'logicalType':'decimal','precision':10,'scale':2}",
            "{'type':'fixed','name':'F%s','size':9,'logicalType':'decimal','precision':20,'scale':2,"
                    + "'connect.name':'org.apache.kafka.connect.data.Decimal'}",
            "{'type':'fixed','name':'F%s','size':4}",
            "{'type':'enum','name':'E%s','symbols':['A','B','C']}",
            "{'type':'enum','name':'E%s','symbols':['A','B'],'default':'A','doc':'two'}",
            "{'type':'int','connect.type':'int8'}", "{'type':'int','connect.type':'int16'}",
            "{'type':'int','connect.default':5}",
            "{'type':'bytes','connect.name':'org.apache.kafka.connect.data.Decimal'}",
            named("int", "io.debezium.time.Date"), named("int", "io.debezium.time.Time"),
            named("int", "io.debezium.time.Year"), named("int", "org.apache.kafka.connect.data.Date"),
            named("long", "io.debezium.time.MicroTime"), named("long", "io.debezium.time.NanoTime"),
            named("long", "io.debezium.time.Timestamp"), named("long", "io.debezium.time.MicroTimestamp"),
            named("long", "io.debezium.time.NanoTimestamp"), named("long", "org.apache.kafka.connect.data.Timestamp"),
            named("string", "io.debezium.time.ZonedTimestamp"), named("string", "io.debezium.time.ZonedTime"),
            named("string", "io.debezium.data.Json"), named("string", "io.debezium.data.Enum"),
            named("bytes", "io.debezium.data.Bits"), named("string", "org.apache.kafka.connect.data.Date"),
            named("long", "some.other.Name"));
    private static final List<String> TEXTS = List.of(
            "", "a", "plain text", "it's", "tab\tnew\nline\\ \"quoted\"", "\0", "é 漢 😀",
            "-0", "12", "9223372036854775808",
            "1.50", "2024-02-29", "12:34:56.789", "2024-02-29T12:34:56.789Z", "2024-02-29T12:34:56+02:00", "{\"a\":1}",
            "[", "null", "A", "x".repeat(300));
    private static final long[] LONGS = {0, 1, -1, 127, 128, -129, 32768, 65536, 86_399_999, 86_400_000,
        86_400_000_000L, 1_352_000_000_123L, 1_352_000_000_123_456L, Integer.MAX_VALUE,
        Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE};
    private static final double[] DOUBLES = {0.0, -0.0, 1, 0.1, 1e-300, 1e300, 1e22, 123456.789, Double.MIN_VALUE,
        Double.MAX_VALUE, Double.NaN, Double.POSITIVE_INFINITY, 0.7381234567890123, -1.4612345678901234};

    private final Random random;
    private int names;

    public RandomAvro(Random random) {
        this.random = random;
    }

    private static String logical(String type, String name) {
        return "{'type':'" + type + "','logicalType':'" + name + "'}";
    }

    private static String named(String type, String name) {
        return "{'type':'" + type + "','connect.name':'" + name + "'}";
    }

    /** Returns a record with fields f0, f1, …. */
    public Schema record() {
        names = 0;
        return new Schema.Parser().parse(record(0).replace('\'', '"'));
    }

    private String record(int depth) {
        StringBuilder text = new StringBuilder("{'type':'record','name':'R" + names++ + "','fields':[");
        int count = 1 + random.nextInt(depth == 0 ? MAX_FIELDS : 2);
        for (int index = 0; index < count; index++) {
            text.append(index == 0 ? "" : ",").append("{'name':'f").append(index).append("','type':")
                    .append(type(depth)).append('}');
        }
        return text.append("]}").toString();
    }

    private String type(int depth) {
        int choice = random.nextInt(21);
        if (depth >= MAX_DEPTH || choice < 11) {
            return scalar();
        }
        return switch (choice) {
            case 11, 12 -> "['null'," + scalar() + "]";
            case 13 -> "[" + scalar() + ",'null']";
            case 14 -> "{'type':'array','items':" + type(depth + 1) + "}";
            case 15 -> "{'type':'map','values':" + type(depth + 1) + "}";
            case 16 -> record(depth + 1);
            case 17 -> "['null'," + record(depth + 1) + "]";
            case 18 -> "['null',{'type':'array','items':['null'," + scalar() + "]}]";
            default -> union(depth);
        };
    }

    private String union(int depth) {
        List<String> unions = List.of("['int','string']", "['null','long','double','boolean']",
                "[{'type':'int','connect.type':'int16'},'string']", "['null',{'type':'long','logicalType':'timestamp-millis'},"
                        + "{'type':'bytes','logicalType':'decimal','precision':9,'scale':2}]", "['string']",
                "['null','bytes'," + record(depth + 1) + "]",
                "[" + record(depth + 1) + ",{'type':'enum','name':'E" + names++ + "','symbols':['X','Y']},'string']",
                "[{'type':'array','items':'int'},{'type':'map','values':'string'}]",
                "['bytes',{'type':'fixed','name':'F" + names++ + "','size':3}]", node(), node(),
                struct("io.debezium.data.VariableScaleDecimal",
                        "{'name':'scale','type':'int'},{'name':'value','type':'bytes'}"),
                struct("io.debezium.data.geometry.Geometry",
                        "{'name':'wkb','type':'bytes'},{'name':'srid','type':['null','int']}"),
                "{'type':'array','items':{'type':'record','name':'M" + names++ + "','connect.internal.type':'MapEntry',"
                        + "'fields':[{'name':'key','type':'int'},{'name':'value','type':" + scalar() + "}]}}");
        return unions.get(random.nextInt(unions.size()));
    }

    private String struct(String connectName, String fields) {
        return "{'type':'record','name':'S" + names++ + "','connect.name':'" + connectName
                + "','fields':[" + fields + "]}";
    }

    /** Returns a record that may contain itself. */
    private String node() {
        String name = "N" + names++;
        return "['null',{'type':'record','name':'" + name + "','fields':[{'name':'value','type':" + scalar()
                + "},{'name':'next','type':['null','" + name + "']}]}]";
    }

    private String scalar() {
        return SCALARS.get(random.nextInt(SCALARS.size())).replace("%s", Integer.toString(names++)).replace('"', '\'');
    }

    /** Returns a value of the schema, behind the header of a value by the schema with this id. */
    public byte[] value(Schema schema, byte[] header) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(header);
        BinaryEncoder out = EncoderFactory.get().directBinaryEncoder(bytes, null);
        try {
            write(schema, out);
        } catch (IOException impossible) { // The output is in memory.
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    private void write(Schema schema, BinaryEncoder out) throws IOException {
        switch (schema.getType()) {
            case NULL -> out.writeNull();
            case BOOLEAN -> out.writeBoolean(random.nextBoolean());
            case INT -> out.writeInt(number(schema));
            case LONG -> out.writeLong(random.nextInt(3) == 0 ? random.nextLong() >> random.nextInt(64)
                    : pick(LONGS) % limit(schema));
            case FLOAT -> out.writeFloat(random.nextInt(4) > 0 ? random.nextInt(2000) / 8f : (float) pick(DOUBLES));
            case DOUBLE -> out.writeDouble(random.nextInt(4) > 0 ? random.nextInt(2000) / 8.0 : pick(DOUBLES));
            case STRING -> out.writeString(TEXTS.get(random.nextInt(TEXTS.size())));
            case BYTES -> out.writeBytes(bytes(random.nextInt(10) == 0 ? 0 : 1 + random.nextInt(10)));
            case FIXED -> out.writeFixed(bytes(schema.getFixedSize()));
            case ENUM -> out.writeEnum(random.nextInt(schema.getEnumSymbols().size()));
            case UNION -> {
                int index = random.nextInt(schema.getTypes().size());
                out.writeIndex(index);
                write(schema.getTypes().get(index), out);
            }
            case RECORD -> {
                for (Schema.Field field : schema.getFields()) {
                    write(field.schema(), out);
                }
            }
            case ARRAY, MAP -> writeItems(schema, out);
            default -> throw new IllegalStateException(schema.getType().getName());
        }
    }

    private void writeItems(Schema schema, BinaryEncoder out) throws IOException {
        boolean isMap = schema.getType() == Schema.Type.MAP;
        for (int count = random.nextInt(MAX_ITEMS); count > 0; count = random.nextInt(count)) {
            out.writeLong(count); // The count of a block, of which there may be several
            for (int index = 0; index < count; index++) {
                if (isMap) {
                    out.writeString(TEXTS.get(random.nextInt(TEXTS.size())));
                }
                write(isMap ? schema.getValueType() : schema.getElementType(), out);
            }
        }
        out.writeLong(0);
    }

    private int number(Schema schema) {
        String type = schema.getProp("connect.type");
        if (type != null) { // More bits would be cut by AvroConverter, and are refused by the encoder.
            return type.equals("int8") ? (byte) random.nextInt() : (short) random.nextInt();
        }
        return random.nextInt(3) == 0 ? random.nextInt() >> random.nextInt(32) : (int) (pick(LONGS) % limit(schema));
    }

    /** Returns a bound that most values keep, so that most columns can hold them. */
    private long limit(Schema schema) {
        boolean isPlain = schema.getProp("logicalType") == null && schema.getProp("connect.name") == null;
        return random.nextInt(4) == 0 ? Long.MAX_VALUE : isPlain ? 120 : 86_400_000;
    }

    private byte[] bytes(int count) {
        byte[] made = new byte[count];
        random.nextBytes(made);
        if (count > 0 && random.nextInt(3) == 0) {
            System.arraycopy("7'\\".getBytes(StandardCharsets.UTF_8), 0, made, 0, Math.min(count, 3));
        }
        return made;
    }

    private long pick(long[] values) {
        return values[random.nextInt(values.length)];
    }

    private double pick(double[] values) {
        return values[random.nextInt(values.length)];
    }
}
