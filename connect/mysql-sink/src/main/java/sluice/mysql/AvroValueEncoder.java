package sluice.mysql;

import java.util.List;
import sluice.registry.WireFormat;

/**
 * Encodes values in the registry's wire format, with an Avro record in it, from the bytes: a value is not decoded into
 * objects first. Planned once for a schema id and a table's definition.
 */
final class AvroValueEncoder implements ValueEncoder {
    private final RowLayout layout;
    private final AvroField[] fields;
    private final int checkedIndex;
    private final AvroInput in;
    private long checkedField;

    /**
     * Plans the encoder.
     *
     * @param fields        the record's fields, in the order of its schema
     * @param checkedIndex  index of the field named by key.must.equal, which is a whole number; -1: none
     */
    AvroValueEncoder(int schemaId, RowLayout layout, List<AvroField> fields, int checkedIndex) {
        this.layout = layout;
        this.fields = fields.toArray(AvroField[]::new);
        this.checkedIndex = checkedIndex;
        in = new AvroInput(schemaId);
    }

    @Override
    public RowLayout layout() {
        return layout;
    }

    @Override
    public void encode(Object value, RowBuffer row) {
        in.reset((byte[]) value, WireFormat.HEADER_BYTES);
        boolean first = true;
        for (int index = 0; index < fields.length; index++) {
            AvroField field = fields[index];
            if (index == checkedIndex) {
                checkedField = field.peek(in);
            }
            if (!field.hasColumn()) {
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

    @Override
    public long checkedField() {
        return checkedField;
    }
}
