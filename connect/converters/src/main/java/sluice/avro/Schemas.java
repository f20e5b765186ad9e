package sluice.avro;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;
import org.apache.kafka.connect.errors.DataException;

/**
 * Schemas and their ids, each asked of the registry once.
 *
 * <p>An id that the registry does not know is another matter than a registry that is away, but not at once: a registry
 * that has just started answers so while it still reads its journal, and so does one of two while the other has just
 * been given the schema. Such an answer counts once it has been the same for a while.
 */
final class Schemas {
    static final Duration BELIEVED_AFTER = Duration.ofSeconds(10);
    /** So long an unknown id is taken for unknown without being asked for again. */
    private static final Duration REMEMBERED = Duration.ofMinutes(1);
    private static final int REMEMBERED_IDS = 1000;

    private final Registry registry;
    private final Patience patience;
    private final Map<Integer, Datum> known = new HashMap<>();
    private final Map<String, Map<Schema, Integer>> ids = new HashMap<>();
    private final Map<Integer, Long> unknown = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Long> eldest) {
            return size() > REMEMBERED_IDS;
        }
    };

    Schemas(Registry registry, Patience patience) {
        this.registry = registry;
        this.patience = patience;
    }

    /** The schema with this id; throws a DataException where there is none, or none that can be read. */
    Datum byId(int id) {
        Datum found = known.get(id);
        if (found == null) {
            found = new Datum(parsed(text(id), id));
            known.put(id, found);
        }
        return found;
    }

    private String text(int id) {
        Long since = unknown.get(id);
        if (since != null && patience.millis() - since < REMEMBERED.toMillis()) {
            throw unknown(id);
        }
        String text = patience.untilAnswered("the schema with the id " + id, BELIEVED_AFTER, () -> registry.schema(id));
        if (text == null) {
            unknown.put(id, patience.millis());
            throw unknown(id);
        }
        return text;
    }

    private DataException unknown(int id) {
        return new DataException("the registry at " + registry.url() + " knows no schema with the id " + id);
    }

    private static Schema parsed(String text, int id) {
        try {
            return new Schema.Parser().parse(text);
        } catch (SchemaParseException error) {
            throw new DataException("the schema with the id " + id + " cannot be read as Avro: " + error.getMessage(), error);
        }
    }

    /** The id of a subject's schema, registered where it is new; throws a DataException where the registry refuses it. */
    int idOf(String subject, Schema schema) {
        Map<Schema, Integer> ofSubject = ids.computeIfAbsent(subject, name -> new HashMap<>());
        Integer id = ofSubject.get(schema);
        if (id == null) {
            id = patience.untilAnswered("an id for a schema of " + subject, Duration.ZERO,
                    () -> registry.register(subject, schema.toString()));
            ofSubject.put(schema, id);
        }
        return id;
    }
}
