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

/** TLS client settings: trusted certificate authorities and verification of the host name. */
final class Tls {
    private final SSLSocketFactory socketFactory;
    private final boolean verifyHostname;

    Tls(RedisSinkConfig config) {
        String pem = config.getString(RedisSinkConfig.TLS_CERTIFICATES);
        verifyHostname = config.getBoolean(RedisSinkConfig.TLS_VERIFY_HOSTNAME);
        try {
            socketFactory = pem == null ? SSLContext.getDefault().getSocketFactory() : trusting(parseCertificates(pem));
        } catch (GeneralSecurityException | IOException error) {
            throw new ConnectException("TLS to Redis cannot be set up: " + error.getMessage(), error);
        }
    }

    /** Parses the certificates of a PEM text; throws an IllegalArgumentException if there is none or one is invalid. */
    static Collection<? extends Certificate> parseCertificates(String pem) {
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
