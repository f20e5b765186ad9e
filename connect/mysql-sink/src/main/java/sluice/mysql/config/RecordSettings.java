package sluice.mysql.config;

import java.util.List;

/**
 * How records of a topic become rows.
 *
 * @param keyFromRecordKey  true for pk.mode=record_key, false for record_value
 * @param keyFields         pk.fields; empty: the fields named like the columns of the primary key
 * @param keyMustEqual      field of the value that must equal the key; null: none
 * @param failOnMismatch    true for mismatch.mode=fail: throw a MismatchException; false: a bad record
 */
public record RecordSettings(boolean keyFromRecordKey, List<String> keyFields, String keyMustEqual,
                             boolean failOnMismatch) { }
