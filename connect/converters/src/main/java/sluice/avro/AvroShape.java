package sluice.avro;

import java.util.IdentityHashMap;
import java.util.Map;
import org.apache.avro.Schema;

/**
 * What skipping values of an Avro schema needs to know of it, so that a value's bounds are known, and that its lengths
 * are good, before it is decoded: Avro's own reader allocates whatever they claim.
 */
public final class AvroShape {
    /** Deepest nesting of a value. MySQL's JSON takes 100 levels, and the stack of a thread not many thousands. */
    static final int MAX_DEPTH = 200;

    private static final AvroShape[] NONE = {};

    private final Schema.Type type;
    /** Bytes of a fixed, symbols of an enum. */
    private final int size;
    /** Fields of a record, branches of a union, items of an array or map. */
    private AvroShape[] parts = NONE;
    private int minBytes;
    private boolean complete;
    private boolean insideItself;
    private boolean recursive;

    private AvroShape(Schema schema) {
        type = schema.getType();
        size = switch (type) {
            case FIXED -> schema.getFixedSize();
            case ENUM -> schema.getEnumSymbols().size();
            default -> 0;
        };
    }

    public static AvroShape of(Schema schema) {
        Map<Schema, AvroShape> known = new IdentityHashMap<>();
        AvroShape shape = of(schema, known);
        shape.recursive = known.values().stream().anyMatch(one -> one.insideItself);
        return shape;
    }

    private static AvroShape of(Schema schema, Map<Schema, AvroShape> known) {
        AvroShape shape = known.get(schema);
        if (shape == null) {
            shape = new AvroShape(schema);
            known.put(schema, shape); // Before its parts: a record may contain itself.
            shape.parts = SchemaParts.of(schema).stream().map(part -> of(part, known)).toArray(AvroShape[]::new);
            shape.minBytes = shape.leastBytes();
            shape.complete = true;
        }
        shape.insideItself |= !shape.complete;
        return shape;
    }

    private int leastBytes() {
        return switch (type) {
            case NULL -> 0;
            case FIXED -> size;
            case FLOAT -> Float.BYTES;
            case DOUBLE -> Double.BYTES;
            case RECORD -> {
                long sum = 0;
                for (AvroShape part : parts) {
                    sum += part.minBytes;
                }
                yield (int) Math.min(sum, Integer.MAX_VALUE);
            }
            default -> 1; // A number, a length, the count of a block or the index of a branch.
        };
    }

    /** Returns true if a record in the schema, for which `of` was called, contains itself. */
    public boolean isRecursive() {
        return recursive;
    }

    /** Returns the least number of bytes of a value. */
    public int minBytes() {
        return minBytes;
    }

    /** Moves to the end of a value; throws a DataException if it is cut short or not what the schema says. */
    public void skip(AvroInput in) {
        skip(in, MAX_DEPTH);
    }

    private void skip(AvroInput in, int depth) {
        if (depth == 0) {
            throw in.invalid("nested deeper than " + MAX_DEPTH + " levels");
        }
        switch (type) {
            case NULL -> { }
            case BOOLEAN -> in.skip(1);
            case INT -> in.readInt();
            case LONG -> in.readLong();
            case FLOAT -> in.skip(Float.BYTES);
            case DOUBLE -> in.skip(Double.BYTES);
            case STRING -> in.skip(in.readText());
            case BYTES -> in.skip(in.readLength());
            case FIXED -> in.skip(size);
            case ENUM -> in.readIndex(size);
            case UNION -> parts[in.readIndex(parts.length)].skip(in, depth - 1);
            case RECORD -> {
                for (AvroShape part : parts) {
                    part.skip(in, depth - 1);
                }
            }
            case ARRAY, MAP -> skipItems(in, depth);
            default -> throw new IllegalStateException("no such type: " + type);
        }
    }

    private void skipItems(AvroInput in, int depth) {
        boolean isMap = type == Schema.Type.MAP;
        int least = (isMap ? 1 : 0) + parts[0].minBytes;
        for (long count = in.readBlock(least); count != 0; count = in.readBlock(least)) {
            for (long index = 0; index < count; index++) {
                if (isMap) {
                    in.skip(in.readText());
                }
                parts[0].skip(in, depth - 1);
            }
        }
    }
}
