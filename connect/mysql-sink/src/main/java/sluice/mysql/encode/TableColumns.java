package sluice.mysql.encode;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import sluice.mysql.column.Column;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.column.ColumnFormats;
import sluice.mysql.column.TableDefinition;

/** Formats of a table's columns, found by the name of a field, and the layouts of its rows. */
public final class TableColumns {
    private static final Pattern ESCAPED = Pattern.compile("_u([0-9a-f]{4})");
    private static final int HEXADECIMAL = 16;

    private final TableDefinition table;
    private final Map<String, ColumnFormat> byName = new HashMap<>();
    private final Map<List<ColumnFormat>, RowLayout> layouts = new HashMap<>();

    public TableColumns(TableDefinition table) {
        this.table = table;
        for (Column column : table.columns()) {
            byName.put(fold(column.name()), ColumnFormats.of(column));
        }
    }

    public TableDefinition table() {
        return table;
    }

    /**
     * Returns the column of that name, whatever its case, as the database does; null without one. Debezium's sources
     * write characters that Avro forbids in names, and _ itself, as _uXXXX (field.name.adjustment.mode=avro_unicode):
     * where there is no column of the name as it is, that is undone.
     */
    public ColumnFormat find(String name) {
        ColumnFormat column = byName.get(fold(name));
        return column == null && name.contains("_u") ? byName.get(fold(unescape(name))) : column;
    }

    private static String unescape(String name) {
        return ESCAPED.matcher(name).replaceAll(match -> Matcher.quoteReplacement(
                String.valueOf((char) Integer.parseInt(match.group(1), HEXADECIMAL))));
    }

    /** Returns the formats of the primary key's columns, in the order of the key. */
    public List<ColumnFormat> primaryKey() {
        return table.primaryKey().stream().map(this::find).toList();
    }

    /** Returns the layout of rows with these columns: the same object for the same columns. */
    public RowLayout layout(List<ColumnFormat> columns) {
        return layouts.computeIfAbsent(List.copyOf(columns), RowLayout::new);
    }

    /** Returns the names of columns that are not among `named`, though a row must name them: they have no default. */
    List<String> missing(List<ColumnFormat> named) {
        List<String> names = new ArrayList<>();
        for (Column column : table.columns()) {
            if (!column.hasDefault() && !named.contains(find(column.name()))) {
                names.add(column.name());
            }
        }
        return names;
    }

    private static String fold(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
