package sluice.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import sluice.sink.BadRecord;
import sluice.sink.NextOffsets;

/**
 * Pipelines commands to Redis over one connection: writes them without waiting for each reply. Redis keeps their order.
 *
 * <p>Every method throws a RetriableException if a retry may succeed, and another ConnectException if not. After
 * either, nothing is in flight: everything since the last await() must be sent again, from the first record.
 */
final class RedisPipeline implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisPipeline.class);
    private static final byte[] PX = {'P', 'X'};
    /** Replies are a few bytes each, but Redis buffers them until they are read. */
    private static final int MAX_COMMANDS = 10_000;

    private final RedisSinkConfig config;
    private final RedisErrors errors;
    private final Tls tls;
    private final JedisClientConfig login;
    private final int maxBytes;
    private final byte[] timeToLive;
    private final ScheduledThreadPoolExecutor timer;
    private final StoredOffsets offsets;
    private final List<SinkRecord> sent = new ArrayList<>();
    private long sentBytes;
    /** Whether commands are in flight: those of `sent`, and of a transaction around them. */
    private boolean inFlight;
    private boolean offsetsChanged;
    private RedisSocket socket;
    private Connection connection;
    private Deadline deadline;
    /** Redis' id of the connection, and of the last connection that was abandoned with commands in flight. */
    private ClientId current;
    private ClientId abandoned;

    /** `offsets` is null unless they are kept in Redis. */
    RedisPipeline(RedisSinkConfig config, StoredOffsets offsets) {
        this.config = config;
        this.offsets = offsets;
        errors = new RedisErrors(config);
        tls = config.getBoolean(RedisSinkConfig.TLS_ENABLED) ? new Tls(config) : null;
        login = DefaultJedisClientConfig.builder()
                .serverDefaultProtocol() // AUTH, which every server knows, not HELLO
                .user(config.getString(RedisSinkConfig.USERNAME))
                .password(config.password())
                .database(config.getInt(RedisSinkConfig.DATABASE))
                .socketTimeoutMillis(0) // Deadline limits an exchange instead
                .clientSetInfoConfig(ClientSetInfoConfig.DISABLED)
                .build();
        maxBytes = config.getInt(RedisSinkConfig.PIPELINE_BYTES);
        long milliseconds = config.getLong(RedisSinkConfig.TTL_MS);
        timeToLive = milliseconds == 0 ? null : Protocol.toByteArray(milliseconds);
        timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "redis-sink-timer");
            thread.setDaemon(true);
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Opens a connection and logs in, unless there is one. */
    void connect() {
        if (connection != null) {
            return;
        }
        socket = new RedisSocket(config, tls);
        deadline = new Deadline(RedisSinkConfig.CONNECT_TIMEOUT_MS);
        try {
            connection = new Connection(socket, login);
            current = ClientId.fetch(connection);
            killAbandoned();
            deadline.cancel();
        } catch (JedisException | ConnectException | ClassCastException error) {
            // ClassCastException: the server is not Redis.
            throw abandonAfter(error, "the login to database " + config.getInt(RedisSinkConfig.DATABASE));
        }
    }

    /** Watches the offsets of partitions, and returns those that Redis holds. */
    Map<TopicPartition, Long> watch(Set<TopicPartition> partitions) {
        connect();
        deadline = new Deadline(RedisSinkConfig.COMMAND_TIMEOUT_MS);
        try {
            Map<TopicPartition, Long> held = offsets.watch(connection, partitions);
            deadline.cancel();
            return held;
        } catch (JedisException error) {
            throw abandonAfter(error, "the offsets in " + config.offsetsKey());
        }
    }

    /** Sends SET, or DEL if the value is null; waits for replies only if enough bytes or commands are in flight. */
    void write(SinkRecord record, byte[] key, byte[] value) {
        int bytes = key.length + (value == null ? 0 : value.length);
        if (sentBytes + bytes > maxBytes || sent.size() == MAX_COMMANDS) {
            await();
        }
        begin();
        sent.add(record);
        sentBytes += bytes;
        try {
            send(key, value);
        } catch (JedisException error) {
            throw abandonAfter(error, "the write of " + BadRecord.describe(record));
        }
    }

    private void begin() {
        connect();
        if (inFlight) {
            return;
        }
        deadline = new Deadline(RedisSinkConfig.COMMAND_TIMEOUT_MS);
        inFlight = true;
        if (offsets != null) {
            try {
                offsets.begin(connection);
            } catch (JedisException error) {
                throw abandonAfter(error, "a transaction");
            }
        }
    }

    private void send(byte[] key, byte[] value) {
        if (value == null) {
            connection.sendCommand(Command.DEL, key);
        } else if (timeToLive == null) {
            connection.sendCommand(Command.SET, key, value);
        } else {
            connection.sendCommand(Command.SET, key, value, PX, timeToLive);
        }
    }

    /** Waits until Redis has acknowledged every command sent. */
    void await() {
        await(offsets == null ? Map.of() : NextOffsets.of(sent, 0, sent.size()));
    }

    /** Also stores offsets, if they are kept in Redis: in one transaction with the commands sent. */
    void await(Map<TopicPartition, Long> next) {
        if (offsets != null && !next.isEmpty()) {
            begin();
        }
        if (!inFlight) {
            return;
        }
        try {
            if (offsets == null) {
                check(connection.getMany(sent.size()));
            } else {
                StoredOffsets.End end = offsets.end(connection, next);
                checkTransaction(connection.getMany(1 + sent.size() + end.replies()), end);
            }
        } catch (JedisException error) {
            throw abandonAfter(error, "a write");
        } finally {
            deadline.cancel();
            clear();
        }
    }

    private void clear() {
        sent.clear();
        sentBytes = 0;
        inFlight = false;
    }

    /** Checks replies to the records sent, and to what follows them. */
    private void check(List<Object> replies) {
        for (int index = 0; index < replies.size(); index++) {
            if (replies.get(index) instanceof JedisDataException reply) {
                throw errors.errorReply(reply, index < sent.size()
                        ? "the write of " + BadRecord.describe(sent.get(index)) : "the offsets in " + config.offsetsKey());
            }
        }
    }

    private void checkTransaction(List<Object> replies, StoredOffsets.End end) {
        List<Object> endReplies = replies.subList(1 + sent.size(), replies.size());
        if (replies.get(0) instanceof JedisDataException reply) {
            throw errors.errorReply(reply, "a transaction");
        }
        check(replies.subList(1, 1 + sent.size() + end.executed() + 1)); // Why one is refused; EXEC's reply says only that.
        if (!(endReplies.get(end.executed()) instanceof List<?> results)) {
            throw new RetriableException("Redis at " + config.server() + " has written nothing: something else has changed "
                    + "the offsets in " + config.offsetsKey() + "; comparing them again");
        }
        check(new ArrayList<>(results));
        offsetsChanged |= !end.unchanged(endReplies);
    }

    /** Returns whether something else has changed the offsets since the last call. */
    boolean offsetsChanged() {
        boolean changed = offsetsChanged;
        offsetsChanged = false;
        return changed;
    }

    /** Abandons the connection and returns the exception for `error`. */
    private ConnectException abandonAfter(RuntimeException error, String what) {
        boolean timedOut = deadline.expired;
        String setting = deadline.setting;
        SinkRecord only = sent.size() == 1 ? sent.get(0) : null;
        abandon();
        if (error instanceof ConnectException classified) {
            return classified;
        }
        if (timedOut) {
            return errors.timedOut(config.getInt(setting), setting, only);
        }
        if (error instanceof JedisDataException reply) {
            return errors.errorReply(reply, what);
        }
        return errors.unreachable(error, only);
    }

    private void abandon() {
        deadline.cancel();
        socket.closeNow();
        if (inFlight) {
            abandoned = current;
        }
        clear();
        current = null;
        connection = null;
    }

    /**
     * Has Redis kill the abandoned connection. It may still have unprocessed commands of that connection, and would
     * execute them after those that are sent again and after later ones: an old value would win.
     */
    private void killAbandoned() {
        if (abandoned != null && !abandoned.kill(connection)) {
            LOG.warn("{} cannot end an earlier connection: give its user +client|info +client|kill, or what it was "
                    + "still sending may be executed late", config.server());
        }
        abandoned = null;
    }

    @Override
    public void close() {
        timer.shutdownNow();
        if (socket != null) {
            socket.closeNow();
        }
    }

    /** Closes the connection if an exchange takes longer than the setting allows. */
    private final class Deadline implements Runnable {
        final String setting;
        volatile boolean expired;
        private final RedisSocket watched = socket;
        private final ScheduledFuture<?> task;

        Deadline(String setting) {
            this.setting = setting;
            task = timer.schedule(this, config.getInt(setting), TimeUnit.MILLISECONDS);
        }

        @Override
        public void run() {
            expired = true;
            watched.closeNow();
        }

        void cancel() {
            task.cancel(false);
        }
    }
}
