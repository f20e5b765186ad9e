package sluice.mysql.avro;

import org.apache.avro.Schema;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.errors.DataException;
import sluice.avro.AvroInput;
import sluice.avro.AvroShape;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.encode.CheckedField;
import sluice.mysql.text.RowBuffer;

/** A field of an Avro record and where it goes: into a column, or nowhere. */
final class AvroField {
    private final Schema.Field field;
    private final boolean isDate;
    private final AvroShape shape;
    private final AvroWriter writer;

    /** `column` is null for a field that is not written. */
    AvroField(Schema.Field field, org.apache.kafka.connect.data.Schema connect, ColumnFormat column) {
        this.field = field;
        isDate = Date.LOGICAL_NAME.equals(connect.name());
        shape = AvroShape.of(field.schema());
        writer = column == null ? null : writer(connect, column);
    }

    private AvroWriter writer(org.apache.kafka.connect.data.Schema connect, ColumnFormat column) {
        AvroWriter found = shape.isRecursive() ? null : AvroWriter.of(field.schema(), connect, column);
        return found == null ? new AvroAsConnect(field.schema(), connect, column) : found;
    }

    boolean isWritten() {
        return writer != null;
    }

    void write(AvroInput in, RowBuffer row) {
        writer.write(in, row);
    }

    void skip(AvroInput in) {
        shape.skip(in);
    }

    /** Returns the value that is next as CheckedField does of a struct's field, and does not move on. */
    long peekNumber(AvroInput in) {
        int start = in.position();
        int nullIndex = AvroUnion.nullIndex(field.schema());
        boolean isNull = nullIndex >= 0 && in.readIndex(2) == nullIndex;
        Schema type = nullIndex < 0 ? field.schema() : field.schema().getTypes().get(1 - nullIndex);
        long number;
        if (isNull) {
            number = CheckedField.number(field.name(), null);
        } else {
            number = switch (type.getType()) {
                case INT -> isDate ? in.readInt() * AvroWriter.DAY_MILLISECONDS : in.readInt();
                case LONG -> in.readLong();
                case STRING -> CheckedField.number(field.name(), in.readString());
                default -> throw new DataException("field " + field.name() + " must equal the key, and it is a "
                        + type.getType().getName());
            };
        }
        in.moveTo(start);
        return number;
    }
}
