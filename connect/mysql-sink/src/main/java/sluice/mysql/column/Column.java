package sluice.mysql.column;

/**
 * Column of a table, as information_schema.COLUMNS describes it.
 *
 * @param name         name, in the case of the table's definition
 * @param type         whole type as it would be written in CREATE TABLE, such as "bigint(20) unsigned"
 * @param dataType     type without length and attributes, in small letters, such as "bigint"; "json" for MariaDB's
 *                     JSON too, whose `type` is "longtext"
 * @param length       largest length: characters of text, bytes of binary types; 0 otherwise
 * @param precision    digits of a number, 0 otherwise
 * @param scale        digits after the point of a number; of a time, digits of its seconds' fraction
 * @param unsigned     true for a number that is never negative
 * @param nullable     true if the column may be NULL
 * @param hasDefault   true if a row need not name the column: DEFAULT, AUTO_INCREMENT, or nullable
 * @param generated    true if the database computes the column, so that nobody writes it
 * @param characterSet character set of text; null where there is none
 */
public record Column(String name, String type, String dataType, long length, int precision, int scale, boolean unsigned,
                     boolean nullable, boolean hasDefault, boolean generated, String characterSet) {
    /** A column without a character set. */
    public Column(String name, String type, String dataType, long length, int precision, int scale, boolean unsigned,
                  boolean nullable, boolean hasDefault, boolean generated) {
        this(name, type, dataType, length, precision, scale, unsigned, nullable, hasDefault, generated, null);
    }
}
