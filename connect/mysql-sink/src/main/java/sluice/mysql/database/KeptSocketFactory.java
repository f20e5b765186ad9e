package sluice.mysql.database;

import java.net.InetAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import javax.net.SocketFactory;
import org.mariadb.jdbc.Driver;

/**
 * Makes the driver's sockets, and keeps the one of a connection that is opened: who closes that ends a call under way
 * without a word to the server. The driver's own Connection.abort() tells the server to KILL the statement.
 */
public final class KeptSocketFactory extends SocketFactory {
    /** The last socket that was made for the thread, while it opens a connection. */
    private static final ThreadLocal<Socket> LAST = new ThreadLocal<>();

    /**
     * A connection of the driver with its socket.
     *
     * @param openedAt when it was open, by System.nanoTime()
     */
    record OpenConnection(Connection connection, Socket socket, long openedAt) {}

    /** Opens a connection with the driver's `properties`. */
    static OpenConnection connect(String url, Properties properties) throws SQLException {
        properties.setProperty("socketFactory", KeptSocketFactory.class.getName());
        try {
            Connection connection = new Driver().connect(url, properties);
            return new OpenConnection(connection, LAST.get(), System.nanoTime());
        } finally {
            LAST.remove();
        }
    }

    @Override
    public Socket createSocket() {
        Socket socket = new Socket();
        LAST.set(socket);
        return socket;
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException();
    }
}
