package sluice.mysql.encode;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import sluice.mysql.config.RecordSettings;

/** Encoders of what a converter gives: structs by their schema, maps without a schema by their names. */
public final class ConnectValueEncoders implements ValueEncoders {
    /** A converter may make a new schema object for each record. */
    private static final int MAX_ENCODERS = 1_000;

    private final TableColumns table;
    private final RecordSettings settings;
    private final Map<Schema, ValueEncoder> bySchema = new IdentityHashMap<>();
    private final Map<Set<?>, ValueEncoder> byNames = new HashMap<>();
    private Schema lastSchema;
    private ValueEncoder last;

    public ConnectValueEncoders(TableColumns table, RecordSettings settings) {
        this.table = table;
        this.settings = settings;
    }

    @Override
    public ValueEncoder choose(SinkRecord record) {
        return choose(record.value());
    }

    /** Returns the encoder of a struct or map. */
    public ValueEncoder choose(Object value) {
        if (value instanceof Struct struct) {
            if (struct.schema() != lastSchema) {
                last = ofSchema(struct.schema());
                lastSchema = struct.schema();
            }
            return last;
        }
        if (value instanceof Map<?, ?> map) {
            return ofNames(map.keySet());
        }
        throw new DataException("the value is a " + value.getClass().getName() + ", not a struct with fields: choose "
                + "another value.converter, or value.format=detect with ByteArrayConverter");
    }

    private ValueEncoder ofSchema(Schema schema) {
        ValueEncoder encoder = bySchema.get(schema);
        if (encoder == null) {
            encoder = new StructEncoder(schema, table, settings);
            if (bySchema.size() >= MAX_ENCODERS) {
                bySchema.clear();
            }
            bySchema.put(schema, encoder);
        }
        return encoder;
    }

    private ValueEncoder ofNames(Set<?> names) {
        ValueEncoder encoder = byNames.get(names);
        if (encoder == null) {
            for (Object name : names) {
                if (!(name instanceof String)) {
                    throw new DataException("the value is a map with the key " + name + ", which is no field's name");
                }
            }
            List<String> fields = names.stream().map(String.class::cast).sorted().toList();
            encoder = new MapEncoder(fields, table, settings);
            if (byNames.size() >= MAX_ENCODERS) {
                byNames.clear();
            }
            byNames.put(Set.copyOf(names), encoder);
        }
        return encoder;
    }
}
