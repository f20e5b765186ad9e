package sluice.redis;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import redis.clients.jedis.exceptions.JedisDataException;

/** What an answer or a silence of Redis means: try again, or a person must do something. */
final class Failures {
    /** A server that says so is starting, failing over, full of work, or cannot write its disk: it may pass. */
    private static final Set<String> PASSING = Set.of(
            "BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MISCONF", "NOREPLICAS", "READONLY", "TRYAGAIN");

    private static final Map<String, String> ADVICE = Map.of(
            "OOM", "Redis has reached its maxmemory and its maxmemory-policy lets nothing go. Raise maxmemory or delete "
                    + "keys, then restart the task: nothing is lost, it goes on where it stopped.",
            "WRONGPASS", "Check redis.username and redis.password.",
            "NOAUTH", "Set redis.username and redis.password.",
            "NOPERM", "The Redis user needs: ACL SETUSER <user> ~<prefix>* +select +set +del.",
            "MOVED", "It is a Redis Cluster, which this connector does not write to.",
            "ASK", "It is a Redis Cluster, which this connector does not write to.");

    private final String server;

    Failures(RedisSinkConfig config) {
        server = "Redis at " + config.server();
    }

    /** The exception for an error that Redis answered to `what`. */
    ConnectException refused(JedisDataException answer, String what) {
        String text = answer.getMessage();
        String code = text.split(" ", 2)[0];
        if (PASSING.contains(code) || text.contains("max number of clients")) {
            return new RetriableException(server + " cannot do it now, " + what + ": " + text, answer);
        }
        String advice = ADVICE.getOrDefault(code, text.contains("DB index") ? "Check redis.database." : "");
        return new ConnectException((server + " refuses " + what + ": " + text + ". " + advice).strip(), answer);
    }

    /** The exception for a connection that failed. */
    RetriableException unreachable(RuntimeException error) {
        return new RetriableException(server + ": " + error.getMessage(), error);
    }

    RetriableException late(int milliseconds, String setting) {
        return new RetriableException(server + " did not answer within " + milliseconds + " ms (" + setting + ")");
    }

    ConnectException given(RetriableException last, long milliseconds) {
        return new ConnectException("gave up after " + milliseconds + " ms (" + RedisSinkConfig.RETRY_TIMEOUT_MS + "): "
                + last.getMessage() + ". Nothing is lost: once it is back, restart the task.", last);
    }
}
