package sluice.redis;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.apache.kafka.connect.errors.ConnectException;
import sluice.sink.Certificates;

/** TLS client settings: trusted certificate authorities and verification of the host name. */
final class Tls {
    private final SSLSocketFactory socketFactory;
    private final boolean verifyHostname;

    Tls(RedisSinkConfig config) {
        String pem = config.getString(RedisSinkConfig.TLS_CERTIFICATES);
        verifyHostname = config.getBoolean(RedisSinkConfig.TLS_VERIFY_HOSTNAME);
        try {
            socketFactory = pem == null ? SSLContext.getDefault().getSocketFactory() : trusting(Certificates.parse(pem));
        } catch (GeneralSecurityException | IOException error) {
            throw new ConnectException("TLS to Redis cannot be set up: " + error.getMessage(), error);
        }
    }

    private static SSLSocketFactory trusting(Collection<? extends Certificate> certificates)
            throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int number = 0;
        for (Certificate certificate : certificates) {
            store.setCertificateEntry("authority-" + number++, certificate);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context.getSocketFactory();
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
