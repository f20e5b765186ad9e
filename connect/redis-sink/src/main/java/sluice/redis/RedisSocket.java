package sluice.redis;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;
import org.apache.kafka.connect.errors.ConnectException;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * One socket to Redis, which another thread may cut.
 *
 * <p>A read timeout of its own would not end a write to a server that has stopped reading, and closing a TLS socket
 * waits for that write. Closing what lies under it ends both.
 */
final class RedisSocket implements JedisSocketFactory {
    private final RedisSinkConfig config;
    private final Tls tls;
    private final Socket plain = new Socket();

    RedisSocket(RedisSinkConfig config, Tls tls) {
        this.config = config;
        this.tls = tls;
    }

    @Override
    public Socket createSocket() {
        String host = config.getString(RedisSinkConfig.HOST);
        int port = config.getInt(RedisSinkConfig.PORT);
        try {
            plain.setTcpNoDelay(true);
            plain.setKeepAlive(true);
            plain.connect(new InetSocketAddress(host, port), config.getInt(RedisSinkConfig.CONNECT_TIMEOUT_MS));
            return tls == null ? plain : tls.over(plain, host, port);
        } catch (UnknownHostException error) {
            throw new JedisConnectionException("there is no host " + host, error);
        } catch (IOException error) {
            cut();
            if (error instanceof SSLException && !(error.getCause() instanceof IOException)) {
                throw new ConnectException("Redis at " + config.server() + ": TLS is refused: " + error.getMessage()
                        + ". Is it a TLS port, and is " + RedisSinkConfig.TLS_CERTIFICATES + " its authority?", error);
            }
            throw new JedisConnectionException(error.getMessage(), error);
        }
    }

    /** Ends whatever is under way on the connection, from any thread. */
    void cut() {
        try {
            plain.close();
        } catch (IOException ignored) {
            // It is given up either way.
        }
    }
}
