package sluice.mysql.column;

import java.util.List;

/**
 * Definition of a table, read from the database.
 *
 * @param name           name of the table, without quotes
 * @param columns        its columns, in the table's order
 * @param primaryKey     names of the primary key's columns, in the key's order; empty without one
 * @param upsertReason   null if REPLACE changes nothing but the row itself, so that it may be used; otherwise why not:
 *                       another unique index, a trigger, a foreign key, or that they cannot be seen
 * @param otherUnique    true if there is a unique index besides the primary key
 * @param fingerprint    text that differs after an ALTER that matters
 */
public record TableDefinition(String name, List<Column> columns, List<String> primaryKey, String upsertReason,
                              boolean otherUnique, String fingerprint) { }
