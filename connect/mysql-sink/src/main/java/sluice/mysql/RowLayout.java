package sluice.mysql;

import java.util.List;

/**
 * Columns of a row in a RowBuffer, in the order of its fields. Rows of one layout share a statement: there is one
 * object for each list of columns of a table, so that layouts are compared by identity.
 *
 * @param columns columns, each once
 */
record RowLayout(List<ColumnFormat> columns) { }
