package sluice.mysql.column;

import sluice.mysql.text.RowBuffer;

/** Columns whose values are written as text that the database checks: MariaDB's UUID, INET4 and INET6. */
final class OtherTextFormat extends ColumnFormat {
    OtherTextFormat(Column column) {
        super(column);
    }

    @Override
    public boolean keepsText() {
        return true;
    }

    @Override
    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        row.text(utf8, start, length);
    }
}
