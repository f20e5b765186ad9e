package sluice.mysql.column;

import sluice.mysql.text.RowBuffer;

/** Columns of bytes: BINARY, VARBINARY and the BLOB family. The row holds hexadecimal digits; text is its UTF-8. */
public class BinaryFormat extends ColumnFormat {
    private static final byte[] DIGITS = {
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'};

    private final boolean fixed;

    BinaryFormat(Column column) {
        super(column);
        fixed = column.dataType().equals("binary");
    }

    @Override
    public final String expression(String variable) {
        return "UNHEX(" + variable + ")";
    }

    @Override
    public boolean keepsText() {
        return true;
    }

    @Override
    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        writeBytes(utf8, start, length, row);
    }

    @Override
    public void writeBytes(byte[] value, int start, int length, RowBuffer row) {
        if (fixed && length != column().length()) {
            throw cannotHold(length + " bytes", "the database would fill them up with zeros, or there are too many");
        }
        writeHex(value, start, length, row);
    }

    static void writeHex(byte[] value, int start, int length, RowBuffer row) {
        int at = row.reserve(Math.multiplyExact(2, length));
        byte[] bytes = row.bytes();
        for (int index = start; index < start + length; index++) {
            bytes[at++] = DIGITS[value[index] >> 4 & 0xF];
            bytes[at++] = DIGITS[value[index] & 0xF];
        }
        row.advance(2 * length);
    }
}
