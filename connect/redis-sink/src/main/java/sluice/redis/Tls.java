package sluice.redis;

import java.io.IOException;
import java.net.Socket;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import sluice.sink.Certificates;

/** TLS client settings: trusted certificate authorities and verification of the host name. */
final class Tls {
    private final SSLSocketFactory socketFactory;
    private final boolean verifyHostname;

    Tls(RedisSinkConfig config) {
        String pem = config.getString(RedisSinkConfig.TLS_CERTIFICATES);
        verifyHostname = config.getBoolean(RedisSinkConfig.TLS_VERIFY_HOSTNAME);
        socketFactory = pem == null
                ? (SSLSocketFactory) SSLSocketFactory.getDefault() : Certificates.trusting(pem).getSocketFactory();
    }

    /** Starts TLS over an open connection; throws an IOException if the server's certificate is not trusted. */
    Socket handshake(Socket tcp, String host, int port) throws IOException {
        SSLSocket socket = (SSLSocket) socketFactory.createSocket(tcp, host, port, true);
        if (verifyHostname) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
        }
        socket.startHandshake();
        return socket;
    }
}
