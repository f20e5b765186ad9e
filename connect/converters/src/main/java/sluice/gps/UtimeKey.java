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
 * Makes a record of gps-fixes one that the table myDB.gps_fixes takes: its key, utime as text, becomes a field utime
 * with a number. A record that the table would refuse is a DataException, which makes it a dead letter: the sink
 * itself would fail with it, and again at each start.
 */
public final class UtimeKey<R extends ConnectRecord<R>> implements Transformation<R> {
    private static final String UTIME = "utime";
    private static final Schema KEY = SchemaBuilder.struct().field(UTIME, Schema.INT64_SCHEMA).build();

    @Override
    public R apply(R record) {
        long utime = utime(record.key());
        if (record.value() != null) {
            Fix.check(record.value(), utime);
        }
        return record.newRecord(record.topic(), record.kafkaPartition(), KEY, new Struct(KEY).put(UTIME, utime),
                record.valueSchema(), record.value(), record.timestamp());
    }

    private static long utime(Object key) {
        if (key == null) {
            throw new DataException("the record has no key: the key of a fix is its utime, as text");
        }
        if (!(key instanceof String text)) {
            throw new DataException("the key is a " + key.getClass().getName() + ", not text: choose StringConverter");
        }
        try {
            long utime = Long.parseLong(text);
            if (text.equals(Long.toString(utime))) { // Not +5, 05 or digits of another script: one row, one key.
                return utime;
            }
        } catch (NumberFormatException error) {
            // Told below.
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
        // It has none.
    }

    @Override
    public void close() {
        // It holds nothing.
    }
}
