package sluice.mysql.column;

/** Chooses the ColumnFormat for a column's type. */
public final class ColumnFormats {
    private ColumnFormats() { }

    /** Returns the format of a column's type; one that refuses everything for an unknown type. */
    public static ColumnFormat of(Column column) {
        switch (column.dataType()) {
            case "tinyint", "smallint", "mediumint", "int", "bigint":
                return new IntegerFormat(column);
            case "decimal":
                return new DecimalFormat(column);
            case "float", "double":
                return new FloatingFormat(column);
            case "char", "varchar", "tinytext", "text", "mediumtext", "longtext":
                return new TextFormat(column);
            case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector":
                return new BinaryFormat(column);
            case "bit":
                return new BitFormat(column);
            case "date":
                return new DateFormat(column);
            case "time":
                return new TimeFormat(column);
            case "datetime", "timestamp":
                return new DatetimeFormat(column);
            case "year":
                return new YearFormat(column);
            case "enum":
                return new EnumFormat(column);
            case "set":
                return new SetFormat(column);
            case "json":
                return new JsonFormat(column);
            case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
                    "geometrycollection", "geomcollection":
                return new GeometryFormat(column);
            case "uuid", "inet4", "inet6":
                return new OtherTextFormat(column);
            default:
                return new UnknownFormat(column);
        }
    }

    /** A type that is not known: every value but NULL is refused. */
    private static final class UnknownFormat extends ColumnFormat {
        UnknownFormat(Column column) {
            super(column);
        }
    }
}
