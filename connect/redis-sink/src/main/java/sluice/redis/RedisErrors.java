package sluice.redis;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import redis.clients.jedis.exceptions.JedisDataException;
import sluice.sink.BadRecord;
import sluice.sink.RefusedException;

/** Classifies errors of Redis: retriable, or one that needs a person (with advice). */
final class RedisErrors {
    /** Error codes of a server that is starting, failing over, busy, full, or cannot write to its disk. */
    private static final Set<String> RETRIABLE = Set.of("BUSY", "CLUSTERDOWN", "IOERR", "LOADING", "MASTERDOWN", "MISCONF",
            "NOREPLICAS", "OOM", "READONLY", "TRYAGAIN");

    private static final Map<String, String> ADVICE = Map.of(
            "OOM", "Redis has reached its maxmemory and its maxmemory-policy lets nothing go. Raise maxmemory or delete "
                    + "keys: nothing is lost, it goes on by itself.",
            "MISCONF", "Redis cannot write its disk: make room on it. It goes on by itself.",
            "READONLY", "It is a replica, which takes no writes: wait for it to be the master, or name that one.",
            "WRONGPASS", "Check redis.username and redis.password.",
            "NOAUTH", "Set redis.username and redis.password.",
            "NOPERM", "The Redis user needs: ACL SETUSER <user> ~<prefix>* +select +set +del, and "
                    + "for redis.offsets.key ~<it>:* +multi +exec +watch +unwatch +hget +hset.",
            "MOVED", "It is a Redis Cluster, which this connector does not write to.",
            "ASK", "It is a Redis Cluster, which this connector does not write to.");

    private final String server;

    RedisErrors(RedisSinkConfig config) {
        server = "Redis at " + config.server();
    }

    /** Returns the exception for an error reply of Redis to the command described by `what`. */
    ConnectException errorReply(JedisDataException reply, String what) {
        String text = reply.getMessage();
        String code = text.split(" ", 2)[0];
        if (RETRIABLE.contains(code) || text.contains("max number of clients")) {
            String advice = ADVICE.getOrDefault(code, "");
            return new RetriableException((server + " cannot do it now, " + what + ": " + text + " " + advice).strip(), reply);
        }
        String advice = ADVICE.getOrDefault(code, text.contains("DB index") ? "Check redis.database." : "");
        String sentence = text.endsWith(".") ? text : text + ".";
        return new RefusedException((server + " refuses " + what + ": " + sentence + " " + advice).strip(), reply);
    }

    /** Returns the exception for a failed connection; `only` is the only record under way, or null. */
    RetriableException unreachable(RuntimeException error, SinkRecord only) {
        return new RetriableException(server + writing(only) + ": " + error.getMessage(), error);
    }

    /** Returns the exception for a reply that did not come within the timeout, the value of `setting`. */
    RetriableException timedOut(int milliseconds, String setting, SinkRecord only) {
        return new RetriableException(
                server + writing(only) + " did not answer within " + milliseconds + " ms (" + setting + ")");
    }

    private static String writing(SinkRecord only) {
        return only == null ? "" : ", at the write of " + BadRecord.describe(only) + ",";
    }
}
