package sluice.redis;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.sink.SinkRecord;

/** Records and settings of the tests. */
final class RedisFixtures {
    private RedisFixtures() { }

    static SinkRecord record(Object key, Object value) {
        return record(key, value, 0);
    }

    static SinkRecord record(Object key, Object value, long offset) {
        return new SinkRecord("images", 3, null, key, null, value, offset);
    }

    /** Returns settings for the server at a port; `more` are names and values in turn. */
    static Map<String, String> settings(int port, String... more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                RedisSinkConfig.HOST, "127.0.0.1", RedisSinkConfig.PORT, Integer.toString(port)));
        for (int index = 0; index < more.length; index += 2) {
            settings.put(more[index], more[index + 1]);
        }
        return settings;
    }
}
