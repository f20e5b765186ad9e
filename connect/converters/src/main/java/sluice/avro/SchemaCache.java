package sluice.avro;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;
import org.apache.kafka.connect.errors.DataException;

/**
 * Cache of schemas and their ids: each is requested from the registry once.
 *
 * <p>"Unknown id" is believed only after the registry has answered so for UNKNOWN_AFTER: a registry that has just
 * started answers so while it reads its journal, and so does one of two replicas right after the other registered the
 * schema.
 */
final class SchemaCache {
    static final Duration UNKNOWN_AFTER = Duration.ofSeconds(10);
    /** How long an unknown id is cached before it is requested again. */
    private static final Duration UNKNOWN_CACHED_FOR = Duration.ofMinutes(1);
    private static final int MAX_UNKNOWN_IDS = 1000;

    private final RegistryClient registry;
    private final RegistryRetry retry;
    private final Map<Integer, AvroCodec> codecs = new HashMap<>();
    private final Map<String, Map<Schema, Integer>> ids = new HashMap<>();
    private final Map<Integer, Long> unknown = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Long> eldest) {
            return size() > MAX_UNKNOWN_IDS;
        }
    };

    SchemaCache(RegistryClient registry, RegistryRetry retry) {
        this.registry = registry;
        this.retry = retry;
    }

    /** Returns the codec of the schema with this id; throws a DataException if it is unknown or not valid Avro. */
    AvroCodec byId(int id) {
        AvroCodec codec = codecs.get(id);
        if (codec == null) {
            codec = new AvroCodec(parse(fetch(id), id));
            codecs.put(id, codec);
        }
        return codec;
    }

    private String fetch(int id) {
        Long since = unknown.get(id);
        if (since != null && retry.millis() - since < UNKNOWN_CACHED_FOR.toMillis()) {
            throw unknownId(id);
        }
        String text = retry.retryUntilAnswered(
                "the schema with the id " + id, UNKNOWN_AFTER, () -> registry.fetchSchema(id));
        if (text == null) {
            unknown.put(id, retry.millis());
            throw unknownId(id);
        }
        return text;
    }

    private DataException unknownId(int id) {
        return new DataException("the registry at " + registry.url() + " knows no schema with the id " + id);
    }

    private static Schema parse(String text, int id) {
        try {
            return new Schema.Parser().parse(text);
        } catch (SchemaParseException error) {
            throw new DataException("the schema with the id " + id + " cannot be read as Avro: " + error.getMessage(), error);
        }
    }

    /** Returns the id of a subject's schema, registers it if it is new; throws a DataException if it is rejected. */
    int idOf(String subject, Schema schema) {
        Map<Schema, Integer> subjectIds = ids.computeIfAbsent(subject, name -> new HashMap<>());
        Integer id = subjectIds.get(schema);
        if (id == null) {
            id = retry.retryUntilAnswered("an id for a schema of " + subject, Duration.ZERO,
                    () -> registry.register(subject, schema.toString()));
            subjectIds.put(schema, id);
        }
        return id;
    }
}
