package sluice.redis;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import redis.clients.jedis.exceptions.JedisDataException;

/** Classifies errors of Redis: retriable, or one that needs a person (with advice). */
final class RedisErrors {
    /** Error codes of a server that is starting, failing over, busy, or cannot write to its disk. */
    private static final Set<String> RETRIABLE = Set.of(
            "BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MISCONF", "NOREPLICAS", "READONLY", "TRYAGAIN");

    private static final Map<String, String> ADVICE = Map.of(
            "OOM", "Redis has reached its maxmemory and its maxmemory-policy lets nothing go. Raise maxmemory or delete "
                    + "keys, then restart the task: nothing is lost, it goes on where it stopped.",
            "WRONGPASS", "Check redis.username and redis.password.",
            "NOAUTH", "Set redis.username and redis.password.",
            "NOPERM", "The Redis user needs: ACL SETUSER <user> ~<prefix>* +select +set +del, and "
                    + "for redis.offsets.key +multi +exec +watch +unwatch +hget +hset.",
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
            return new RetriableException(server + " cannot do it now, " + what + ": " + text, reply);
        }
        String advice = ADVICE.getOrDefault(code, text.contains("DB index") ? "Check redis.database." : "");
        return new ConnectException((server + " refuses " + what + ": " + text + ". " + advice).strip(), reply);
    }

    /** Returns the exception for a failed connection. */
    RetriableException unreachable(RuntimeException error) {
        return new RetriableException(server + ": " + error.getMessage(), error);
    }

    /** Returns the exception for a reply that did not come within the timeout, the value of `setting`. */
    RetriableException timedOut(int milliseconds, String setting) {
        return new RetriableException(server + " did not answer within " + milliseconds + " ms (" + setting + ")");
    }
}
