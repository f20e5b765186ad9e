package sluice.mysql.column;

import sluice.mysql.text.RowBuffer;

/**
 * Columns of geometries. Both servers take their internal form: the number of the reference system in four bytes, the
 * lowest first, then Well-Known Binary. Unlike ST_GeomFromWKB it never swaps latitude and longitude.
 */
final class GeometryFormat extends ColumnFormat {
    private static final int SRID_BYTES = 4;

    GeometryFormat(Column column) {
        super(column);
    }

    @Override
    public String expression(String variable) {
        return "UNHEX(" + variable + ")";
    }

    /** Writes Well-Known Binary without a reference system. */
    @Override
    public void writeBytes(byte[] value, int start, int length, RowBuffer row) {
        writeGeometry(0, value, start, length, row);
    }

    @Override
    public void writeGeometry(int srid, byte[] wkb, int start, int length, RowBuffer row) {
        byte[] system = new byte[SRID_BYTES];
        for (int index = 0; index < SRID_BYTES; index++) {
            system[index] = (byte) (srid >> 8 * index);
        }
        BinaryFormat.writeHex(system, 0, SRID_BYTES, row);
        BinaryFormat.writeHex(wkb, start, length, row);
    }
}
