package sluice.mysql.avro;

import java.util.List;
import sluice.avro.AvroInput;
import sluice.mysql.encode.RowLayout;
import sluice.mysql.encode.RowPlan;
import sluice.mysql.encode.ValueEncoder;
import sluice.mysql.text.RowBuffer;
import sluice.registry.WireFormat;

/**
 * Encodes values in the registry's wire format, with an Avro record in it, from the bytes: a value is not decoded into
 * objects first. Planned once for a schema id and a table's definition (`AvroPlan`).
 */
public final class AvroValueEncoder implements ValueEncoder {
    private final RowLayout layout;
    private final AvroField[] fields;
    /** Indexes of the fields in the order in which they are written; null: as they are read. */
    private final int[] order;
    private final int[] starts;
    /** Index of the field that key.must.equal names; -1 without one. */
    private final int checkedIndex;
    private final AvroInput in;
    private long checkedField;

    /** Makes the encoder; `fields` are those of the record's schema, in its order. */
    AvroValueEncoder(int schemaId, RowPlan plan, List<AvroField> fields) {
        layout = plan.layout();
        this.fields = fields.toArray(AvroField[]::new);
        order = isAscending(plan.order()) ? null : plan.order();
        checkedIndex = plan.checked();
        starts = new int[fields.size()];
        in = new AvroInput(schemaId);
    }

    private static boolean isAscending(int[] order) {
        for (int index = 1; index < order.length; index++) {
            if (order[index - 1] > order[index]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public RowLayout layout() {
        return layout;
    }

    @Override
    public void encode(Object value, RowBuffer row) {
        in.reset((byte[]) value, WireFormat.HEADER_BYTES);
        if (order == null) {
            writeAsRead(row);
        } else {
            writeInOrder(row);
        }
    }

    private void writeAsRead(RowBuffer row) {
        boolean first = true;
        for (int index = 0; index < fields.length; index++) {
            AvroField field = fields[index];
            if (index == checkedIndex) {
                checkedField = field.peekNumber(in);
            }
            if (!field.isWritten()) {
                field.skip(in);
            } else {
                if (!first) {
                    row.separator();
                }
                first = false;
                field.write(in, row);
            }
        }
        in.end();
    }

    private void writeInOrder(RowBuffer row) {
        for (int index = 0; index < fields.length; index++) {
            starts[index] = in.position();
            if (index == checkedIndex) {
                checkedField = fields[index].peekNumber(in);
            }
            fields[index].skip(in);
        }
        in.end();
        for (int position = 0; position < order.length; position++) {
            if (position > 0) {
                row.separator();
            }
            in.moveTo(starts[order[position]]);
            fields[order[position]].write(in, row);
        }
    }

    @Override
    public long checkedField() {
        return checkedField;
    }
}
