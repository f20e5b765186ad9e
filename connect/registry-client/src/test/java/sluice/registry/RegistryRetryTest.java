package sluice.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.testing.FakeRegistry;
import sluice.testing.FakeRegistry.Answer;

/** Which answers of the registry are retried, and for how long. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RegistryRetryTest {
    private static final String SCHEMA = "\"long\"";

    /** A clock that advances by each pause. */
    private static final class Clock extends RegistryRetry {
        long now;
        Runnable atPause = () -> { };

        @Override
        protected long millis() {
            return now;
        }

        @Override
        protected void pause(long millis) throws InterruptedException {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            now += millis;
            atPause.run();
        }
    }

    private final Clock clock = new Clock();
    private FakeRegistry registry;

    @BeforeEach
    void start() throws Exception {
        registry = new FakeRegistry();
        registry.schemas.put(1, SCHEMA);
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private SchemaCache<String> schemas() {
        return new SchemaCache<>(new RegistryClient(registry.url()), clock, RegisteredSchema::text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "500 | {\"error_code\":50001,\"message\":\"internal\"}", "503 | starting", "429 | {}", "401 | {}", "403 | {}",
        "404 | Not Found", "404 | {\"message\":\"no such path\",\"error_code\":404}", "200 | <html>a proxy</html>", "200 | {}",
        "302 | {}", "400 | {}"})
    void errorOfTheRegistryItselfIsRetried(int status, String body) {
        for (int times = 0; times < 50; times++) {
            registry.queued.add(new Answer(status, body));
        }
        assertEquals(SCHEMA, schemas().byId(1));
        registry.queued.add(new Answer(status, body));
        assertEquals(2, schemas().idOf("subject", RegisteredSchema.AVRO, "int", name -> '"' + name + '"'));
    }

    @Test
    void unreachableRegistryIsRetriedForAnHour() throws Exception {
        int port = registry.port();
        registry.close();
        clock.atPause = () -> {
            if (clock.now > 3_600_000L && registry.port() == port && registry.requests.isEmpty()) {
                registry = restart(port);
            }
        };
        assertEquals(SCHEMA, schemas().byId(1));
        assertTrue(clock.now < 3_600_000L + 2_000, "it is retried every two seconds");
    }

    private static FakeRegistry restart(int port) {
        try {
            FakeRegistry again = new FakeRegistry(port);
            again.schemas.put(1, SCHEMA);
            return again;
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    @Test
    void answerThatStopsHalfWayIsAskedForAgain() {
        registry.queued.add(new Answer(200, "{\"schema\":", 100));
        assertEquals(SCHEMA, schemas().byId(1));
        assertEquals(2, registry.requests.size());
    }

    @Test
    void registryThatHasForgottenWhatItKnewIsWaitedFor() {
        SchemaCache<String> schemas = schemas();
        schemas.byId(1);
        registry.schemas.clear(); // Restored, or it has not read its journal yet.
        clock.atPause = () -> {
            if (clock.now > 3_600_000L) {
                registry.schemas.putAll(Map.of(1, SCHEMA, 2, SCHEMA));
            }
        };
        assertEquals(SCHEMA, schemas.byId(2));
        assertTrue(clock.now > 3_600_000L);
    }

    @Test
    void registryThatStillReadsItsJournalIsWaitedFor() {
        clock.atPause = () -> {
            int read = (int) (clock.now / 8_000);
            registry.schemas.put(1 + 3 * read, SCHEMA); // Two of three were deleted.
            if (read > 40) {
                registry.schemas.put(2_000, SCHEMA);
            }
        };
        assertEquals(SCHEMA, schemas().byId(2_000));
        assertTrue(clock.now > 300_000, Long.toString(clock.now));
    }

    /** Lets the registry know schema 2 once the clock is beyond {@code time}. */
    private void knowsAgainAfter(long time) {
        clock.atPause = () -> {
            if (clock.now > time) {
                registry.schemas.put(2, SCHEMA);
            }
        };
    }

    @Test
    void registryThatKnowsNothingAtAllIsWaitedFor() {
        registry.schemas.clear();
        knowsAgainAfter(3_600_000L);
        assertEquals(SCHEMA, schemas().byId(2));
        assertTrue(clock.now > 3_600_000L);
    }

    @Test
    void registryThatIsStartedAgainIsWaitedForAlsoIfOnlyAnUnknownIdWasRequestedBefore() {
        SchemaCache<String> schemas = schemas();
        assertThrows(DataException.class, () -> schemas.byId(9));
        registry.schemas.clear();
        long restarted = clock.now;
        knowsAgainAfter(restarted + 60_000);
        assertEquals(SCHEMA, schemas.byId(2));
        assertTrue(clock.now > restarted + 60_000);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"500 | {\"error_code\":50001}", "503 | starting", "429 | {}", "200 | {}"})
    void errorInsteadOfTheListOfSubjectsIsRetried(int status, String body) {
        registry.schemas.clear();
        registry.subjects = new Answer(status, body);
        knowsAgainAfter(3_600_000L);
        assertEquals(SCHEMA, schemas().byId(2));
        assertTrue(clock.now > 3_600_000L);
    }

    @Test
    void listOfSubjectsThatThisUserMayNotReadIsDoneWithout() {
        registry.schemas.clear();
        registry.subjects = new Answer(403, "<html>a proxy</html>");
        assertThrows(DataException.class, () -> schemas().byId(2));
        assertTrue(clock.now < 2 * SchemaCache.UNKNOWN_AFTER.toMillis(), Long.toString(clock.now));
    }

    @ParameterizedTest
    @ValueSource(ints = {99, 1, -5})
    void newestSchemaThatWasDeletedIsNotWaitedForWhereThereIsANewerOne(int unknown) {
        SchemaCache<String> schemas = schemas();
        registry.schemas.putAll(Map.of(2, SCHEMA, 3, SCHEMA));
        schemas.byId(2);
        registry.schemas.keySet().removeAll(List.of(1, 2));
        assertThrows(DataException.class, () -> schemas.byId(unknown));
        assertTrue(clock.now < 2 * SchemaCache.UNKNOWN_AFTER.toMillis(), Long.toString(clock.now));
    }

    @Test
    void newestSchemaThatWasDeletedIsWaitedForAMinuteWhereTwoOthersAreKnown() {
        SchemaCache<String> schemas = schemas();
        registry.schemas.putAll(Map.of(2, SCHEMA, 3, SCHEMA));
        List.of(1, 2, 3).forEach(schemas::byId);
        registry.schemas.remove(3);
        assertThrows(DataException.class, () -> schemas.byId(99));
        long deleted = SchemaCache.DELETED_AFTER.toMillis();
        long unknown = SchemaCache.UNKNOWN_AFTER.toMillis();
        assertTrue(clock.now >= deleted + unknown && clock.now < deleted + 2 * unknown, Long.toString(clock.now));
        clock.now = 0;
        assertThrows(DataException.class, () -> schemas.byId(98));
        assertTrue(clock.now < 2 * unknown, Long.toString(clock.now));
    }

    @Test
    void registryThatReadsForLongerThanThatIsWaitedForAlsoIfTheOldestSchemasAreThere() {
        SchemaCache<String> schemas = schemas();
        registry.schemas.putAll(Map.of(2, SCHEMA, 400, SCHEMA));
        List.of(1, 2, 400).forEach(schemas::byId);
        registry.schemas.remove(400); // Started again: it has read two schemas.
        clock.atPause = () -> {
            int read = 2 + (int) (clock.now / 1_000);
            registry.schemas.put(read, SCHEMA);
            if (read > 420) {
                registry.schemas.put(421, SCHEMA);
            }
        };
        assertEquals(SCHEMA, schemas.byId(421));
        assertTrue(clock.now > 400_000, Long.toString(clock.now));
    }

    @Test
    void schemasThatAreRegisteredMeanwhileDoNotHideThatAnOldIdIsUnknown() {
        SchemaCache<String> schemas = schemas();
        registry.schemas.put(20, SCHEMA);
        schemas.byId(20);
        clock.atPause = () -> registry.schemas.put(21 + (int) (clock.now / 1_000), SCHEMA);
        assertThrows(DataException.class, () -> schemas.byId(7));
        assertTrue(clock.now < 2 * SchemaCache.UNKNOWN_AFTER.toMillis(), Long.toString(clock.now));
    }

    @Test
    void conflictOfARegistryThatHasReadItsJournalMeanwhileIsNoRefusal() {
        Answer conflict = new Answer(409, "{\"error_code\":409,\"message\":\"it already exists\"}");
        registry.queued.add(conflict);
        assertEquals(2, schemas().idOf("subject", RegisteredSchema.AVRO, "int", name -> '"' + name + '"'));
        registry.queued.addAll(List.of(conflict, conflict));
        DataException error = assertThrows(DataException.class,
                () -> schemas().idOf("subject", RegisteredSchema.AVRO, "long", name -> '"' + name + '"'));
        assertTrue(error.getMessage().contains("it already exists"), error.getMessage());
    }

    @Test
    void unknownIdIsRequestedAgain() {
        for (int times = 0; times < 5; times++) {
            registry.queued.add(FakeRegistry.UNKNOWN);
        }
        assertEquals(SCHEMA, schemas().byId(1));
    }

    @Test
    void idThatStaysUnknownIsADataExceptionAndIsCached() {
        SchemaCache<String> schemas = schemas();
        for (int times = 0; times < 3; times++) {
            DataException error = assertThrows(DataException.class, () -> schemas.byId(999));
            assertTrue(error.getMessage().contains("no schema with the id 999"), error.getMessage());
        }
        int asked = registry.requests.size();
        long limit = SchemaCache.UNKNOWN_AFTER.toMillis();
        assertTrue(clock.now >= limit && clock.now < 2 * limit);
        clock.now += 61_000;
        registry.schemas.put(999, SCHEMA);
        schemas.byId(999);
        assertEquals(asked + 1, registry.requests.size());
    }

    @Test
    void unknownAnswerFromBeforeAnOutageDoesNotCount() {
        long[] outages = {0};
        clock.atPause = () -> {
            if (clock.now > 8_000 && outages[0]++ == 0) {
                registry.queued.add(new Answer(503, "restarting"));
            }
        };
        assertThrows(DataException.class, () -> schemas().byId(999));
        assertTrue(clock.now >= 8_000 + SchemaCache.UNKNOWN_AFTER.toMillis(), Long.toString(clock.now));
    }

    @Test
    void interruptedWaitEndsTheTaskWithoutADeadLetter() {
        registry.close();
        Thread.currentThread().interrupt();
        Throwable thrown = assertThrows(RegistryRetry.WaitInterruptedError.class, () -> schemas().byId(1));
        assertFalse(Exception.class.isInstance(thrown), "Connect makes a dead letter of an Exception");
        assertTrue(Thread.interrupted(), "the thread's interrupt flag is set again");
    }
}
