package sluice.registry;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Function;
import org.apache.kafka.connect.errors.DataException;

/**
 * Cache of what is made of schemas (`T`: a codec, a descriptor), and of schemas' ids: each is requested from the
 * registry once. A registry that is unavailable is waited for. Not thread-safe.
 *
 * <p>"Unknown id" is believed only after the registry has answered so for UNKNOWN_AFTER: a registry that has just
 * started answers so while it reads its journal, and so does one of two replicas right after the other registered the
 * schema. It is never believed of a registry that knows nothing, or nothing as new as what it knew before: that one was
 * restored, or lost; nor of one that knows more from one answer to the next: it still reads its journal. The newest
 * schema may also have been deleted: that is assumed where two others are known for DELETED_AFTER.
 */
public final class SchemaCache<T> {
    public static final Duration UNKNOWN_AFTER = Duration.ofSeconds(10);
    /** How long an unknown id is cached before it is requested again. */
    private static final Duration UNKNOWN_CACHED_FOR = Duration.ofMinutes(1);
    private static final int MAX_UNKNOWN_IDS = 1000;
    static final Duration DELETED_AFTER = Duration.ofMinutes(1);

    private final RegistryClient registry;
    private final RegistryRetry retry;
    private final Function<RegisteredSchema, T> make;
    private final Map<Integer, T> values = new HashMap<>();
    /** Ids that the registry knew, but for those of schemas that seem to be deleted. */
    private final NavigableSet<Integer> known = new TreeSet<>();
    /** Since when the registry lacks the last of `known` but has the two before it; null if it is not so. */
    private Long missingSince;
    private final Map<String, Map<Object, Integer>> ids = new HashMap<>();
    private final HighestId highestId;
    private final Map<Integer, Long> unknown = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Long> eldest) {
            return size() > MAX_UNKNOWN_IDS;
        }
    };

    /** `make` returns the value of a schema; it throws a DataException if the schema is of another type or invalid. */
    public SchemaCache(RegistryClient registry, RegistryRetry retry, Function<RegisteredSchema, T> make) {
        this.registry = registry;
        this.retry = retry;
        this.make = make;
        highestId = new HighestId(registry);
    }

    /** Returns the value of the schema with this id; throws a DataException if it is unknown, or what `make` throws. */
    public T byId(int id) {
        T value = values.get(id);
        if (value == null) {
            value = make.apply(fetch(id));
            values.put(id, value);
            known.add(id);
        }
        return value;
    }

    private RegisteredSchema fetch(int id) {
        Long since = unknown.get(id);
        if (since != null && retry.millis() - since < UNKNOWN_CACHED_FOR.toMillis()) {
            throw unknownId(id);
        }
        RegisteredSchema schema = retry.retryUntilAnswered(
                "the schema with the id " + id, UNKNOWN_AFTER, () -> fetchOnce(id));
        if (schema == null) {
            unknown.put(id, retry.millis());
            throw unknownId(id);
        }
        return schema;
    }

    private RegisteredSchema fetchOnce(int id) throws RegistryUnavailableException, InterruptedException {
        RegisteredSchema schema = registry.fetchSchema(id);
        if (schema == null) {
            requireWholeJournal(id);
        }
        return schema;
    }

    private void requireWholeJournal(int unknownId) throws RegistryUnavailableException, InterruptedException {
        int newest = known.isEmpty() ? 0 : known.last();
        // What is newer than a known id does not matter to one before it, but shows that the journal was read.
        boolean later = unknownId > newest;
        boolean more = highestId.hasRisen(newest, later ? unknownId : Integer.MAX_VALUE) && later;
        if (newest == 0 || highestId.value() > newest || registry.fetchSchema(newest) != null) {
            missingSince = null;
        } else if (!isDeleted(newest)) {
            throw notRead(unknownId, "it does not know " + newest + " any more either, which it knew");
        }
        if (highestId.value() == 0 && registry.isEmpty()) {
            throw notRead(unknownId, "it knows no other either: it has not read its journal, or has lost it");
        }
        if (more) {
            throw notRead(unknownId, "it still reads its journal: it knows " + highestId.value() + " by now");
        }
    }

    /** Returns whether the newest id, which the registry lacks, is that of a deleted schema; it is forgotten then. */
    private boolean isDeleted(int newest) throws RegistryUnavailableException, InterruptedException {
        Integer second = known.lower(newest);
        Integer third = second == null ? null : known.lower(second);
        if (third == null || registry.fetchSchema(second) == null || registry.fetchSchema(third) == null) {
            missingSince = null;
            return false;
        }
        if (missingSince == null) {
            missingSince = retry.millis();
        }
        if (retry.millis() - missingSince < DELETED_AFTER.toMillis()) {
            return false;
        }
        missingSince = null;
        return known.remove(newest);
    }

    private RegistryUnavailableException notRead(int id, String reason) {
        return new RegistryUnavailableException(unknownText(id) + ", but " + reason, null);
    }

    private DataException unknownId(int id) {
        return new DataException(unknownText(id));
    }

    private String unknownText(int id) {
        return "the registry at " + registry.url() + " knows no schema with the id " + id;
    }

    /**
     * Returns the id of a subject's schema; registers it if it is new.
     *
     * @param type a type of RegisteredSchema
     * @param schema the cache's key: equal for equal schemas
     * @param text returns the schema's text, if it is not cached
     * @throws DataException if the registry rejects the schema
     */
    public <S> int idOf(String subject, String type, S schema, Function<? super S, String> text) {
        Map<Object, Integer> subjectIds = ids.computeIfAbsent(subject, name -> new HashMap<>());
        Integer id = subjectIds.get(schema);
        if (id == null) {
            id = retry.retryUntilAnswered("an id for a schema of " + subject, Duration.ZERO,
                    () -> registry.register(subject, type, text.apply(schema)));
            subjectIds.put(schema, id);
        }
        return id;
    }
}
