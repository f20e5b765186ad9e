package sluice.mysql;

/** Chooses the ColumnFormat for a column's type. */
final class ColumnFormats {
    private ColumnFormats() { }

    /** Returns the format of a column's type. Throws a ConnectException for a type that is not supported. */
    static ColumnFormat of(Column column) {
        return new ColumnFormat(column) { };
    }
}
