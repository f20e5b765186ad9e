package sluice.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Commands to Redis over one connection, written without waiting for each reply; Redis executes them in their order.
 *
 * <p>Every method throws a RetriableException where a later try may work, and a ConnectException where it cannot.
 * After either nothing is under way any more: what was not awaited is to be sent again, from its beginning.
 */
final class RedisPipeline implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisPipeline.class);
    private static final byte[] PX = {'P', 'X'};
    /** Replies are a few bytes each, but Redis holds them until they are read. */
    private static final int MOST_COMMANDS = 10_000;

    private final RedisSinkConfig config;
    private final Failures failures;
    private final Tls tls;
    private final JedisClientConfig login;
    private final int mostBytes;
    private final byte[] timeToLive;
    private final ScheduledThreadPoolExecutor clock;
    private final List<SinkRecord> sent = new ArrayList<>();
    private long sentBytes;
    private RedisSocket socket;
    private Connection connection;
    private Alarm alarm;
    /** How Redis calls the connection, and how it called the last one that was given up. */
    private ClientId current;
    private ClientId abandoned;

    RedisPipeline(RedisSinkConfig config) {
        this.config = config;
        failures = new Failures(config);
        tls = config.getBoolean(RedisSinkConfig.TLS_ENABLED) ? new Tls(config) : null;
        login = DefaultJedisClientConfig.builder()
                .serverDefaultProtocol() // AUTH as every server knows it, no HELLO
                .user(config.getString(RedisSinkConfig.USERNAME))
                .password(config.password())
                .database(config.getInt(RedisSinkConfig.DATABASE))
                .socketTimeoutMillis(0) // Alarm is what limits an exchange
                .clientSetInfoConfig(ClientSetInfoConfig.DISABLED)
                .build();
        mostBytes = config.getInt(RedisSinkConfig.PIPELINE_BYTES);
        long milliseconds = config.getLong(RedisSinkConfig.TTL_MS);
        timeToLive = milliseconds == 0 ? null : Protocol.toByteArray(milliseconds);
        clock = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "redis-sink-clock");
            thread.setDaemon(true);
            return thread;
        });
        clock.setRemoveOnCancelPolicy(true);
    }

    /** Opens a connection and logs in, where there is none. */
    void connect() {
        if (connection != null) {
            return;
        }
        socket = new RedisSocket(config, tls);
        alarm = new Alarm(RedisSinkConfig.CONNECT_TIMEOUT_MS);
        try {
            connection = new Connection(socket, login);
            current = ClientId.of(connection);
            endAbandoned();
            alarm.cancel();
        } catch (JedisException | ConnectException | ClassCastException error) { // the last: no Redis answers there
            throw failed(error, "the login to database " + config.getInt(RedisSinkConfig.DATABASE));
        }
    }

    /** Sets a key, or deletes it where the value is null; waits for replies only where enough is under way. */
    void write(SinkRecord record, byte[] key, byte[] value) {
        int bytes = key.length + (value == null ? 0 : value.length);
        if (sentBytes + bytes > mostBytes || sent.size() == MOST_COMMANDS) {
            await();
        }
        connect();
        if (sent.isEmpty()) {
            alarm = new Alarm(RedisSinkConfig.COMMAND_TIMEOUT_MS);
        }
        sent.add(record);
        sentBytes += bytes;
        try {
            send(key, value);
        } catch (JedisException error) {
            throw failed(error, "the write of " + where(record));
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

    /** Returns when Redis has acknowledged everything that was written. */
    void await() {
        if (sent.isEmpty()) {
            return;
        }
        try {
            List<Object> replies = connection.getMany(sent.size());
            alarm.cancel();
            for (int index = 0; index < replies.size(); index++) {
                if (replies.get(index) instanceof JedisDataException refusal) {
                    throw failures.refused(refusal, "the write of " + where(sent.get(index)));
                }
            }
        } catch (JedisException error) {
            throw failed(error, "a write");
        } finally {
            sent.clear();
            sentBytes = 0;
        }
    }

    /** The exception for what went wrong; gives the connection up. */
    private ConnectException failed(RuntimeException error, String what) {
        boolean late = alarm.rang;
        String limit = alarm.setting;
        drop();
        if (error instanceof ConnectException known) {
            return known;
        }
        if (late) {
            return failures.late(config.getInt(limit), limit);
        }
        if (error instanceof JedisDataException refusal) {
            return failures.refused(refusal, what);
        }
        return failures.unreachable(error);
    }

    private void drop() {
        alarm.cancel();
        socket.cut();
        if (!sent.isEmpty()) {
            abandoned = current;
        }
        sent.clear();
        sentBytes = 0;
        current = null;
        connection = null;
    }

    /**
     * Has Redis end the connection that was given up. It may still hold commands of ours that it has not come to, and
     * would execute them after those that are sent again and after later ones: an old value would win.
     */
    private void endAbandoned() {
        if (abandoned != null && !abandoned.end(connection)) {
            LOG.warn("{} cannot end an earlier connection: give its user +client|info +client|kill, or what it was "
                    + "still sending may be executed late", config.server());
        }
        abandoned = null;
    }

    static String where(SinkRecord record) {
        return "topic " + record.topic() + ", partition " + record.kafkaPartition() + ", offset " + record.kafkaOffset();
    }

    @Override
    public void close() {
        clock.shutdownNow();
        if (socket != null) {
            socket.cut();
        }
    }

    /** Cuts the connection when an exchange takes too long. */
    private final class Alarm implements Runnable {
        final String setting;
        volatile boolean rang;
        private final RedisSocket watched = socket;
        private final ScheduledFuture<?> ringing;

        Alarm(String setting) {
            this.setting = setting;
            ringing = clock.schedule(this, config.getInt(setting), TimeUnit.MILLISECONDS);
        }

        @Override
        public void run() {
            rang = true;
            watched.cut();
        }

        void cancel() {
            ringing.cancel(false);
        }
    }

    /** A connection as Redis knows it. Its number alone would be another's after a restart of Redis. */
    private record ClientId(String id, String address) {
        private static final ClientId UNKNOWN = new ClientId(null, null);

        static ClientId of(Connection connection) {
            try {
                byte[] answer = (byte[]) connection.executeCommand(new CommandArguments(Command.CLIENT).add("INFO"));
                String[] parts = new String(answer, Protocol.CHARSET).split(" ");
                return new ClientId(parts[0].substring("id=".length()), parts[1].substring("addr=".length()));
            } catch (JedisDataException refusal) { // no right to, or a server before 6.2
                if (refusal.getMessage().startsWith("NOAUTH")) {
                    throw refusal;
                }
                return UNKNOWN;
            }
        }

        /** Whether it is certainly gone. */
        boolean end(Connection other) {
            if (id == null) {
                return false;
            }
            try {
                other.executeCommand(
                        new CommandArguments(Command.CLIENT).add("KILL").add("ID").add(id).add("ADDR").add(address));
                return true;
            } catch (JedisDataException refusal) {
                return false;
            }
        }
    }
}
