package sluice.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.testing.TestDatabase;

/** A batch gives what its records one after the other would give: random upserts and deletions of few keys. */
class BatchOrderTest {
    /** Values of an older producer, which does not know column b. */
    private static final Schema OLDER = SchemaBuilder.struct().field("a", Schema.OPTIONAL_INT32_SCHEMA).build();
    private static final int ROUNDS = 60;

    @ParameterizedTest
    @CsvSource({
        "BIGINT, '', auto, auto",
        "BIGINT, '', auto, insert",
        "BIGINT, '', upsert, auto",
        "BIGINT, ', UNIQUE (c)', auto, auto",
        "BIGINT UNSIGNED, '', auto, auto",
        "VARCHAR(20) COLLATE utf8mb4_general_ci, '', auto, auto",
        "VARCHAR(20) COLLATE utf8mb4_general_ci, '', upsert, insert",
    })
    void batchesGiveWhatOneRecordAfterTheOtherGives(String key, String index, String writeMode, String loadMode)
            throws Exception {
        boolean text = key.startsWith("VARCHAR");
        try (SinkTester sink = new SinkTester(TestDatabase.shared(), "CREATE TABLE t (k " + key + " PRIMARY KEY, a "
                + "INT, b VARCHAR(10) DEFAULT 'none', c INT DEFAULT NULL" + index + ")")) {
            sink.with(MySqlSinkConfig.WRITE_MODE, writeMode, MySqlSinkConfig.LOAD_MODE, loadMode).start();
            Random random = new Random((key + index + writeMode).hashCode());
            Map<String, String> model = new TreeMap<>();
            for (int round = 0; round < ROUNDS; round++) {
                List<SinkRecord> batch = new ArrayList<>();
                for (int count = random.nextInt(40); count >= 0; count--) {
                    batch.add(step(sink, random, text, model));
                }
                sink.task.put(batch);
                List<String> rows = sink.query("SELECT LOWER(k), a, b FROM t");
                rows.sort(null);
                List<String> expected = new ArrayList<>();
                model.forEach((id, columns) -> expected.add(id + "," + columns));
                expected.sort(null);
                assertEquals(expected, rows, "round " + round);
            }
            assertEquals(List.of(), sink.worker.reasons);
        }
    }

    private static SinkRecord step(SinkTester sink, Random random, boolean text, Map<String, String> model) {
        int number = random.nextInt(12);
        // 'k' and 'K' are the same key of the table.
        Object key = text ? (random.nextBoolean() ? "k" : "K") + number : (Object) (long) number;
        String id = key.toString().toLowerCase();
        int a = random.nextInt(1000);
        switch (random.nextInt(4)) {
            case 0:
                model.remove(id);
                return sink.deletion(key);
            case 1:
                String kept = model.getOrDefault(id, "0,none");
                model.put(id, a + kept.substring(kept.indexOf(',')));
                return sink.record(key, new Struct(OLDER).put("a", a));
            default:
                model.put(id, a + ",b" + a);
                return sink.row(key, a, "b" + a);
        }
    }
}
