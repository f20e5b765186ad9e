package sluice.mysql.batch;

import java.sql.SQLException;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.column.TableDefinition;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.mysql.database.DatabaseSession;
import sluice.mysql.database.Identifiers;
import sluice.mysql.encode.EncodedRecord;
import sluice.mysql.encode.RowLayout;
import sluice.mysql.encode.TableColumns;
import sluice.mysql.text.RowBuffer;

/** Writes runs of rows and deletions to one table, as its definition was when the writer was made. */
final class TableWriter {
    private static final AtomicInteger STAGES = new AtomicInteger();
    private static final Set<String> INTEGERS = Set.of("tinyint", "smallint", "mediumint", "int", "bigint");

    private final TableDefinition table;
    private final String mode;
    private final boolean integerKey;
    private final RowDeleter deleter;
    private final long writtenColumns;
    private final Map<RowLayout, Statements> statements = new IdentityHashMap<>();
    private final KeyOrder all = new KeyOrder();
    private final KeyOrder part = new KeyOrder();

    /** How rows of a layout are written: one of both is null. */
    private record Statements(RowStatements replace, RowUpserter upsert) { }

    /** `mode` is write.mode. */
    TableWriter(TableColumns columns, String mode) {
        table = columns.table();
        this.mode = mode;
        List<ColumnFormat> key = columns.primaryKey();
        integerKey = key.size() == 1 && INTEGERS.contains(key.get(0).column().dataType())
                && !(key.get(0).column().dataType().equals("bigint") && key.get(0).column().unsigned());
        deleter = new RowDeleter(table, key);
        writtenColumns = table.columns().stream().filter(column -> !column.generated()).count();
    }

    /** Returns whether deletions and rows of a layout may be in one run: each key then has one outcome. */
    boolean mixesDeletions(RowLayout layout) {
        return sorts() && statements(layout).replace != null;
    }

    /** Returns whether the order of different keys means nothing. */
    private boolean sorts() {
        return integerKey && !table.otherUnique();
    }

    /**
     * Writes the records from `from` to `to`, whose rows have one layout; the last one of a key wins.
     *
     * @param layout layout of the rows; null if all are deletions
     */
    void write(DatabaseSession session, RowBuffer rows, EncodedRecord[] records, int from, int to, RowLayout layout,
            Counts counts) throws SQLException {
        if (sorts()) {
            all.sort(records, from, to);
        } else {
            all.keep(from, to);
        }
        part.filter(records, all, true);
        if (part.size() > 0) {
            session.foreignKeyChecks(true);
            deleter.write(session, rows, records, part);
            counts.deletions += part.size();
        }
        if (part.size() < all.size()) {
            part.filter(records, all, false);
            upsert(session, rows, records, statements(layout));
            counts.rows += part.size();
        }
    }

    private void upsert(DatabaseSession session, RowBuffer rows, EncodedRecord[] records, Statements how)
            throws SQLException {
        if (how.replace != null) {
            // REPLACE deletes the row and inserts it again: rows of tables that the user cannot see and that refer to it
            // stay. Foreign keys that it can see are a reason not to replace; write.mode=replace leaves them in force.
            session.foreignKeyChecks(table.upsertReason() != null);
            how.replace.write(session, rows, records, part);
        } else {
            session.foreignKeyChecks(true);
            how.upsert.write(session, rows, records, part);
        }
    }

    private Statements statements(RowLayout layout) {
        return statements.computeIfAbsent(layout, one -> replaces(one)
                ? new Statements(new RowStatements(Identifiers.quote(table.name()), one), null)
                : new Statements(null, new RowUpserter(table, one, STAGES.incrementAndGet())));
    }

    private boolean replaces(RowLayout layout) {
        if (!mode.equals(MySqlSinkConfig.AUTO)) {
            return mode.equals(MySqlSinkConfig.REPLACE);
        }
        return table.upsertReason() == null && layout.columns().size() == writtenColumns;
    }

    /** Rows and deletions of a transaction. */
    static final class Counts {
        long rows;
        long deletions;
    }
}
