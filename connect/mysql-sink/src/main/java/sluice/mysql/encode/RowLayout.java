package sluice.mysql.encode;

import java.util.List;
import sluice.mysql.column.ColumnFormat;

/**
 * Columns of a row in a RowBuffer, in the order of its fields. Rows of one layout share a statement: there is one
 * object for each list of columns of a table, so that layouts are compared by identity.
 *
 * @param columns columns, each once
 */
public record RowLayout(List<ColumnFormat> columns) { }
