package sluice.mysql.encode;

import java.util.List;
import java.util.Map;
import sluice.mysql.config.RecordSettings;
import sluice.mysql.text.RowBuffer;

/** Encodes values without a schema: maps that have the same names. */
final class MapEncoder implements ValueEncoder {
    private final DynamicValue writer = new DynamicValue();
    private final RowLayout layout;
    private final String[] names;
    private final String checked;
    private long checkedNumber;

    /** Plans the encoding; throws a MismatchException or a DataException if fields and columns do not match. */
    MapEncoder(List<String> fields, TableColumns table, RecordSettings settings) {
        RowPlan plan = RowPlan.of(fields, table, settings);
        layout = plan.layout();
        names = new String[plan.order().length];
        for (int index = 0; index < names.length; index++) {
            names[index] = fields.get(plan.order()[index]);
        }
        checked = settings.keyMustEqual();
    }

    @Override
    public RowLayout layout() {
        return layout;
    }

    @Override
    public void encode(Object value, RowBuffer row) {
        Map<?, ?> map = (Map<?, ?>) value;
        for (int index = 0; index < names.length; index++) {
            if (index > 0) {
                row.separator();
            }
            writer.write(map.get(names[index]), layout.columns().get(index), row);
        }
        if (checked != null) {
            checkedNumber = CheckedField.number(checked, map.get(checked));
        }
    }

    @Override
    public long checkedField() {
        return checkedNumber;
    }
}
