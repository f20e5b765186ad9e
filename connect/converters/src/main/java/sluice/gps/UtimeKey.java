package sluice.gps;

import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.transforms.Transformation;

/**
 * Transforms the key of a gps-fixes record, utime as text, into a struct with the number utime, the primary key of
 * myDB.gps_fixes. Throws a DataException for a record that the table would reject, which makes it a dead letter: the
 * sink itself would fail on it, and again at each restart.
 */
public final class UtimeKey<R extends ConnectRecord<R>> implements Transformation<R> {
    private static final String UTIME = "utime";
    private static final Schema KEY = SchemaBuilder.struct().field(UTIME, Schema.INT64_SCHEMA).build();

    @Override
    public R apply(R record) {
        long utime = parseUtime(record.key());
        if (record.value() != null) {
            GpsFixValidator.validate(record.value(), utime);
        }
        return record.newRecord(record.topic(), record.kafkaPartition(), KEY, new Struct(KEY).put(UTIME, utime),
                record.valueSchema(), record.value(), record.timestamp());
    }

    private static long parseUtime(Object key) {
        if (key == null) {
            throw new DataException("the record has no key: the key of a fix is its utime, as text");
        }
        if (!(key instanceof String text)) {
            throw new DataException("the key is a " + key.getClass().getName() + ", not text: choose StringConverter");
        }
        try {
            long utime = Long.parseLong(text);
            if (text.equals(Long.toString(utime))) { // Rejects +5, 05 and non-ASCII digits: one row has one key.
                return utime;
            }
        } catch (NumberFormatException error) {
            // Reported below.
        }
        throw new DataException("the key " + quoted(text) + " is not a utime: digits only, at most " + Long.MAX_VALUE);
    }

    private static String quoted(String text) {
        return '"' + (text.length() > 100 ? text.substring(0, 100) + "…" : text) + '"';
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef();
    }

    @Override
    public void configure(Map<String, ?> settings) {
        // There are no settings.
    }

    @Override
    public void close() {
        // There is nothing to close.
    }
}
