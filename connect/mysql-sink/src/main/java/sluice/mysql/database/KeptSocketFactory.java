package sluice.mysql.database;

import java.net.InetAddress;
import java.net.Socket;
import javax.net.SocketFactory;

/**
 * Makes the driver's sockets, and gives the one of a connection to the thread that opens it: who closes that ends a call
 * under way without a word to the server. The driver's own Connection.abort() tells the server to KILL the statement.
 */
public final class KeptSocketFactory extends SocketFactory {
    private static final ThreadLocal<Socket> LAST = new ThreadLocal<>();

    /** Returns the last socket that was made for this thread, and forgets it. */
    static Socket take() {
        Socket socket = LAST.get();
        LAST.remove();
        return socket;
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
