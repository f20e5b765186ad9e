package sluice.mysql;

import org.apache.kafka.connect.errors.DataException;

/** A field of an Avro record and where it goes: into a column, or nowhere. */
final class AvroField {
    private static final int NOT_NULLABLE = -1;
    private static final int BRANCHES = 2;

    /** Reads a value that is not null and writes it into a column. */
    interface Writer {
        void write(AvroInput in, RowBuffer row);
    }

    private final String name;
    private final ColumnFormat format;
    /** Index of null in the union of null and the type of the value. */
    private final int nullIndex;
    private final Writer writer;
    private final AvroShape shape;

    private AvroField(String name, ColumnFormat format, int nullIndex, Writer writer, AvroShape shape) {
        this.name = name;
        this.format = format;
        this.nullIndex = nullIndex;
        this.writer = writer;
        this.shape = shape;
    }

    /** Returns a field that is never null. */
    static AvroField required(String name, ColumnFormat format, Writer writer) {
        return new AvroField(name, format, NOT_NULLABLE, writer, null);
    }

    /** Returns a field whose type is a union of null, at this index, and what the writer reads. */
    static AvroField nullable(String name, ColumnFormat format, int nullIndex, Writer writer) {
        return new AvroField(name, format, nullIndex, writer, null);
    }

    /** Returns a field that has no column. */
    static AvroField skipped(String name, AvroShape shape) {
        return new AvroField(name, null, NOT_NULLABLE, null, shape);
    }

    boolean hasColumn() {
        return format != null;
    }

    ColumnFormat format() {
        return format;
    }

    void write(AvroInput in, RowBuffer row) {
        if (nullIndex != NOT_NULLABLE && in.readIndex(BRANCHES) == nullIndex) {
            format.writeNull(row);
        } else {
            writer.write(in, row);
        }
    }

    void skip(AvroInput in) {
        shape.skip(in);
    }

    /** Returns the whole number that is next, without moving on. */
    long peek(AvroInput in) {
        int start = in.position();
        if (nullIndex != NOT_NULLABLE && in.readIndex(BRANCHES) == nullIndex) {
            throw new DataException("the field " + name + " is null: it must equal the key");
        }
        long value = in.readLong();
        in.moveTo(start);
        return value;
    }
}
