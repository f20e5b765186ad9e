package sluice.mysql.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.mysql.encode.EncodedRecord;

class KeyOrderTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 5, 1_000, 1L << 40, Long.MAX_VALUE})
    void recordsAreOrderedByKeyAndTheLastOfEachIsKept(long bound) {
        Random random = new Random(bound);
        KeyOrder order = new KeyOrder();
        for (int size : new int[] {0, 1, 2, 3, 100, 3_000}) {
            EncodedRecord[] records = new EncodedRecord[size + 2];
            Map<Long, Integer> last = new TreeMap<>();
            for (int index = 2; index < records.length; index++) {
                long key = random.nextBoolean() ? random.nextLong(bound) : -random.nextLong(bound);
                records[index] = new EncodedRecord(null, null, 0, 0, 0, 0, key);
                last.put(key, index);
            }
            order.sort(records, 2, records.length);
            List<Integer> found = new ArrayList<>();
            for (int place = 0; place < order.size(); place++) {
                found.add(order.at(place));
            }
            assertEquals(List.copyOf(last.values()), found);
        }
    }
}
