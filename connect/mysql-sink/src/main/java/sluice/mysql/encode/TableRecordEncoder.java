package sluice.mysql.encode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import sluice.mysql.column.Column;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.column.IntegerFormat;
import sluice.mysql.column.Numbers;
import sluice.mysql.config.RecordSettings;
import sluice.mysql.text.RowBuffer;
import sluice.sink.RefusedException;

/** Encodes the records of one topic for one table. Not thread-safe. */
public final class TableRecordEncoder implements RecordEncoder {
    private final TableColumns table;
    private final RecordSettings settings;
    private final ValueEncoders values;
    private final KeyEncoder keys;
    private final List<ColumnFormat> key;
    /** The primary key's only column, if it holds whole numbers; null otherwise. */
    private final Column number;
    private RowLayout lastValueLayout;
    private RowLayout lastLayout;
    /** Columns of the primary key that the value has too. */
    private List<ColumnFormat> lastRepeated;

    /** Throws a RefusedException if the table's primary key does not suit the settings. */
    public TableRecordEncoder(TableColumns table, RecordSettings settings, ValueEncoders values) {
        this.table = table;
        this.settings = settings;
        this.values = values;
        key = table.primaryKey();
        number = key.size() == 1 && key.get(0) instanceof IntegerFormat ? key.get(0).column() : null;
        check();
        keys = new KeyEncoder(table, settings);
    }

    private void check() {
        String name = table.table().name();
        String columns = String.join(", ", table.table().primaryKey());
        if (key.isEmpty()) {
            throw new RefusedException(
                    "table " + name + " has no primary key, so that a record's row cannot be found: add one");
        }
        if (key.stream().anyMatch(column -> column.column().generated())) {
            throw new RefusedException("the primary key of table " + name + " (" + columns + ") is computed by the "
                    + "database: a record cannot name its row");
        }
        Set<ColumnFormat> fields = new HashSet<>();
        settings.keyFields().forEach(field -> fields.add(table.find(field)));
        if (!settings.keyFields().isEmpty() && !fields.equals(Set.copyOf(key))) {
            throw new RefusedException("pk.fields is " + String.join(", ", settings.keyFields())
                    + ", and the primary key of table " + name + " is " + columns + ": they must be the same columns");
        }
        if (settings.keyMustEqual() != null && (number == null || !settings.keyFromRecordKey())) {
            throw new RefusedException("key.must.equal is set, which needs pk.mode=record_key and a primary key of one "
                    + "column of whole numbers; that of table " + name + " is " + columns);
        }
    }

    @Override
    public EncodedRecord encode(SinkRecord record, RowBuffer rows) {
        return settings.keyFromRecordKey() ? encodeWithKey(record, rows) : encodeValue(record, rows);
    }

    private EncodedRecord encodeWithKey(SinkRecord record, RowBuffer rows) {
        int start = rows.size();
        keys.encode(record.keySchema(), record.key(), rows);
        int keyEnd = rows.size();
        long keyNumber = number == null ? 0 : Numbers.parseCanonical(rows.bytes(), start, keyEnd - start);
        if (record.value() == null) {
            rows.endRow();
            return new EncodedRecord(record, null, start, rows.size(), start, keyEnd, identity(keyNumber));
        }
        ValueEncoder encoder = values.choose(record);
        RowLayout layout = layoutWithKey(encoder.layout());
        if (!encoder.layout().columns().isEmpty()) {
            rows.separator();
        }
        int valueStart = rows.size();
        encoder.encode(record.value(), rows);
        if (!lastRepeated.isEmpty()) {
            removeRepeated(start, valueStart, rows);
        }
        if (settings.keyMustEqual() != null && encoder.checkedField() != keyNumber) {
            throw new DataException("the key is " + record.key() + ", and field " + settings.keyMustEqual() + " is "
                    + encoder.checkedField() + ": they must be equal (key.must.equal)");
        }
        rows.endRow();
        return new EncodedRecord(record, layout, start, rows.size(), start, keyEnd, identity(keyNumber));
    }

    private EncodedRecord encodeValue(SinkRecord record, RowBuffer rows) {
        if (record.value() == null) {
            throw new DataException("the value is null, and pk.mode is record_value: the row to delete is not known");
        }
        int start = rows.size();
        ValueEncoder encoder = values.choose(record);
        encoder.encode(record.value(), rows);
        rows.endRow();
        int keyEnd = keyEnd(rows.bytes(), start);
        long keyNumber = number == null ? 0 : Numbers.parseCanonical(rows.bytes(), start, keyEnd - start);
        return new EncodedRecord(record, encoder.layout(), start, rows.size(), start, keyEnd, identity(keyNumber));
    }

    private RowLayout layoutWithKey(RowLayout value) {
        if (value != lastValueLayout) {
            List<ColumnFormat> columns = new ArrayList<>(key);
            value.columns().stream().filter(column -> !key.contains(column)).forEach(columns::add);
            lastRepeated = value.columns().stream().filter(key::contains).toList();
            lastLayout = table.layout(columns);
            lastValueLayout = value;
        }
        return lastLayout;
    }

    /** Removes the fields of the value that repeat the key; throws a DataException if one differs from it. */
    private void removeRepeated(int start, int valueStart, RowBuffer rows) {
        byte[] bytes = rows.bytes();
        int at = valueStart;
        for (ColumnFormat column : lastRepeated) {
            int end = fieldEnd(bytes, at, rows.size());
            int keyAt = start;
            for (int before = key.indexOf(column); before > 0; before--) {
                keyAt = fieldEnd(bytes, keyAt, valueStart) + 1;
            }
            int keyEnd = fieldEnd(bytes, keyAt, valueStart);
            if (!Arrays.equals(bytes, keyAt, keyEnd, bytes, at, end)) {
                throw new DataException("the key has "
                        + new String(bytes, keyAt, keyEnd - keyAt, StandardCharsets.UTF_8)
                        + " for column " + column.column().name() + ", and the value "
                        + new String(bytes, at, end - at, StandardCharsets.UTF_8));
            }
            at = Math.min(end + 1, rows.size());
        }
        // With the tab before them if nothing follows.
        rows.remove(at == rows.size() ? valueStart - 1 : valueStart, at);
    }

    private static int fieldEnd(byte[] bytes, int start, int limit) {
        int at = start;
        while (at < limit && bytes[at] != '\t') {
            at++;
        }
        return at;
    }

    /** Returns the end of the primary key's fields: those at the beginning of the row. */
    private int keyEnd(byte[] bytes, int start) {
        int at = start;
        for (int field = 0; field < key.size(); at++) {
            if (bytes[at] == '\t' || bytes[at] == '\n') {
                field++;
            }
        }
        return at - 1;
    }

    private long identity(long keyNumber) {
        return number == null || number.unsigned() && number.dataType().equals("bigint") ? 0 : keyNumber;
    }
}
