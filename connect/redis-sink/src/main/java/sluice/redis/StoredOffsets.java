package sluice.redis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;
import sluice.sink.LossDetector;

/**
 * The next offset of each partition, in a hash of its own in Redis, written in one transaction with the records before
 * it. A hash, so that the sink's user needs no right to read values.
 *
 * <p>The keys are watched from one transaction to the next: where somebody else has changed one, by FLUSHALL too, the
 * next transaction writes nothing.
 */
final class StoredOffsets {
    private static final byte[] FIELD = "next".getBytes(StandardCharsets.US_ASCII);
    /** Before the replies of a watch are those of UNWATCH and WATCH. */
    private static final int UNWATCH_AND_WATCH = 2;

    private final String prefix;
    private final byte[] prefixBytes;
    /** What Redis holds of the partitions that are watched. */
    private final Map<TopicPartition, Long> held = new HashMap<>();

    /** `name` is what the keys begin with; a colon, the topic, another colon and the partition follow. */
    StoredOffsets(String name) {
        prefix = name + ":";
        prefixBytes = prefix.getBytes(StandardCharsets.UTF_8);
    }

    /** Returns whether a record's key would be one of these keys. */
    boolean covers(byte[] key) {
        return key.length >= prefixBytes.length && Arrays.equals(prefixBytes, Arrays.copyOf(key, prefixBytes.length));
    }

    /**
     * Watches the keys of partitions, and goes on watching those that were. Returns the offsets that Redis holds of all
     * of them. Throws a JedisException.
     */
    Map<TopicPartition, Long> watch(Connection connection, Set<TopicPartition> partitions) {
        Set<TopicPartition> all = new HashSet<>(held.keySet());
        all.addAll(partitions);
        List<TopicPartition> order = new ArrayList<>(all);
        connection.sendCommand(Command.UNWATCH); // Else what was changed until now fails the next transaction.
        sendWatch(connection, order);
        List<Object> replies = connection.getMany(UNWATCH_AND_WATCH + order.size());
        for (Object reply : replies) {
            if (reply instanceof JedisDataException error) {
                throw error;
            }
        }
        for (int index = 0; index < order.size(); index++) {
            held.put(order.get(index), offset(replies.get(UNWATCH_AND_WATCH + index)));
        }
        return Map.copyOf(held);
    }

    private void sendWatch(Connection connection, Collection<TopicPartition> partitions) {
        CommandArguments watch = new CommandArguments(Command.WATCH);
        partitions.forEach(partition -> watch.add(key(partition)));
        connection.sendCommand(watch);
        partitions.forEach(partition -> connection.sendCommand(Command.HGET, key(partition), FIELD));
    }

    private byte[] key(TopicPartition partition) {
        return (prefix + partition.topic() + ":" + partition.partition()).getBytes(StandardCharsets.UTF_8);
    }

    private static long offset(Object reply) {
        try {
            return reply == null
                    ? LossDetector.MISSING : Long.parseLong(new String((byte[]) reply, StandardCharsets.US_ASCII));
        } catch (NumberFormatException error) {
            return LossDetector.MISSING; // Not written by this sink.
        }
    }

    /** Begins a transaction: one command. */
    void begin(Connection connection) {
        connection.sendCommand(Command.MULTI);
    }

    /** A transaction whose commands have all been sent, but not those before its end. */
    final class End {
        private final List<TopicPartition> watched;
        private final int changed;

        /** Sends the offsets, the end of the transaction, and watches the keys again. */
        private End(Connection connection, Map<TopicPartition, Long> next) {
            changed = next.size();
            next.forEach((partition, offset) ->
                    connection.sendCommand(Command.HSET, key(partition), FIELD, Protocol.toByteArray(offset)));
            connection.sendCommand(Command.EXEC);
            held.putAll(next);
            watched = new ArrayList<>(held.keySet());
            sendWatch(connection, watched);
        }

        /** Returns how many replies there will be to what was sent. */
        int replies() {
            return changed + 1 + 1 + watched.size();
        }

        /** Returns the index of EXEC's reply among them. */
        int executed() {
            return changed;
        }

        /** Returns whether the offsets are watched again and still those that were written. */
        boolean unchanged(List<Object> replies) {
            if (replies.get(changed + 1) instanceof JedisDataException) {
                return false;
            }
            for (int index = 0; index < watched.size(); index++) {
                Object reply = replies.get(changed + 2 + index);
                if (reply instanceof JedisDataException || offset(reply) != held.get(watched.get(index))) {
                    return false;
                }
            }
            return true;
        }
    }

    End end(Connection connection, Map<TopicPartition, Long> next) {
        return new End(connection, next);
    }

    /** Watches partitions no more. */
    void release(Collection<TopicPartition> partitions) {
        held.keySet().removeAll(partitions);
    }
}
