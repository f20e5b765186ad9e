package sluice.mysql.encode;

import sluice.mysql.text.RowBuffer;

/**
 * Encodes record values of one schema as fields of a row, planned once for a schema and a table's definition.
 * Not thread-safe.
 */
public interface ValueEncoder {
    /**
     * Returns the columns of the fields, in the order in which they are written: first those of the primary key that
     * the value has. With pk.mode=record_key they repeat the record's key.
     */
    RowLayout layout();

    /**
     * Writes the value's fields, separated by tabs, without a separator before the first or after the last. Throws a
     * DataException if the value cannot be read or a column cannot hold it; what was written then is to be truncated.
     */
    void encode(Object value, RowBuffer row);

    /**
     * Returns the field named by key.must.equal of the value encoded last, as a whole number; meaningless where the
     * setting is not set.
     */
    long checkedField();
}
