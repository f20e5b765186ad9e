package sluice.redis;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.apache.kafka.connect.errors.ConnectException;

/** The server's side of TLS: whom to trust, and for which name. */
final class Tls {
    private final SSLSocketFactory sockets;
    private final boolean verifyHostname;

    Tls(RedisSinkConfig config) {
        String pem = config.getString(RedisSinkConfig.TLS_CERTIFICATES);
        verifyHostname = config.getBoolean(RedisSinkConfig.TLS_VERIFY_HOSTNAME);
        try {
            sockets = pem == null ? SSLContext.getDefault().getSocketFactory() : trusting(certificates(pem));
        } catch (GeneralSecurityException | IOException error) {
            throw new ConnectException("TLS to Redis cannot be set up: " + error.getMessage(), error);
        }
    }

    /** The certificates in a PEM text; IllegalArgumentException where there is none or one cannot be read. */
    static Collection<? extends Certificate> certificates(String pem) {
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            var found = factory.generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
            if (found.isEmpty()) {
                throw new IllegalArgumentException("holds no certificate; it begins with -----BEGIN CERTIFICATE-----");
            }
            return found;
        } catch (CertificateException error) {
            throw new IllegalArgumentException("holds no certificate that can be read: " + error.getMessage(), error);
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

    /** Shakes hands over an open connection; IOException where the server is not whom it should be. */
    Socket over(Socket plain, String host, int port) throws IOException {
        SSLSocket socket = (SSLSocket) sockets.createSocket(plain, host, port, true);
        if (verifyHostname) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
        }
        socket.startHandshake();
        return socket;
    }
}
