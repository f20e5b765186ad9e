package sluice.mysql.encode;

import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.config.RecordSettings;
import sluice.mysql.text.RowBuffer;

/** Encodes structs of one schema. */
final class StructEncoder implements ValueEncoder {
    private final RowLayout layout;
    private final Field[] fields;
    private final boolean[] withDefault;
    private final ColumnFormat[] columns;
    private final ValueWriter[] writers;
    private final Field checked;
    private long checkedNumber;

    /** Plans the encoding; throws a MismatchException or a DataException if fields and columns do not match. */
    StructEncoder(Schema schema, TableColumns table, RecordSettings settings) {
        RowPlan plan = RowPlan.of(schema, table, settings);
        int count = plan.order().length;
        layout = plan.layout();
        fields = new Field[count];
        withDefault = new boolean[count];
        columns = new ColumnFormat[count];
        writers = new ValueWriter[count];
        for (int index = 0; index < count; index++) {
            Field field = schema.fields().get(plan.order()[index]);
            fields[index] = field;
            withDefault[index] = field.schema().defaultValue() != null;
            columns[index] = plan.columns().get(plan.order()[index]);
            writers[index] = ValueWriter.of(field.schema(), columns[index]);
        }
        checked = plan.checked() < 0 ? null : schema.fields().get(plan.checked());
    }

    @Override
    public RowLayout layout() {
        return layout;
    }

    @Override
    public void encode(Object value, RowBuffer row) {
        Struct struct = (Struct) value;
        for (int index = 0; index < fields.length; index++) {
            if (index > 0) {
                row.separator();
            }
            // A null is a null: get() would give the schema's default in its place.
            Field field = fields[index];
            Object one = withDefault[index] ? struct.getWithoutDefault(field.name()) : struct.get(field);
            if (one == null) {
                columns[index].writeNull(row);
            } else {
                writers[index].write(one, row);
            }
        }
        if (checked != null) {
            checkedNumber = CheckedField.number(checked.name(), struct.getWithoutDefault(checked.name()));
        }
    }

    @Override
    public long checkedField() {
        return checkedNumber;
    }
}
