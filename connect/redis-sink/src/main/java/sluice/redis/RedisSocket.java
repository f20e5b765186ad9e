package sluice.redis;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;
import sluice.sink.RefusedException;

/**
 * Socket to Redis that another thread can close at once.
 *
 * <p>A read timeout would not end a write to a server that has stopped reading, and closing a TLS socket waits for that
 * write. Closing the TCP socket under it ends both.
 */
final class RedisSocket implements JedisSocketFactory {
    private final RedisSinkConfig config;
    private final Tls tls;
    private final Socket tcp = new Socket();

    RedisSocket(RedisSinkConfig config, Tls tls) {
        this.config = config;
        this.tls = tls;
    }

    @Override
    public Socket createSocket() {
        String host = config.getString(RedisSinkConfig.HOST);
        int port = config.getInt(RedisSinkConfig.PORT);
        try {
            tcp.setTcpNoDelay(true);
            tcp.setKeepAlive(true);
            tcp.connect(new InetSocketAddress(host, port), config.getInt(RedisSinkConfig.CONNECT_TIMEOUT_MS));
            return tls == null ? tcp : tls.handshake(tcp, host, port);
        } catch (UnknownHostException error) {
            throw new JedisConnectionException("there is no host " + host, error);
        } catch (IOException error) {
            closeNow();
            if (error instanceof SSLException && !(error.getCause() instanceof IOException)) {
                throw new RefusedException("Redis at " + config.server() + ": TLS is refused: " + error.getMessage()
                        + ". Is it a TLS port, and is " + RedisSinkConfig.TLS_CERTIFICATES + " its authority?", error);
            }
            throw new JedisConnectionException(error.getMessage(), error);
        }
    }

    /** Closes the connection and ends any read or write on it; from any thread. */
    void closeNow() {
        try {
            tcp.close();
        } catch (IOException ignored) {
            // The connection is abandoned either way.
        }
    }
}
