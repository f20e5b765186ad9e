package sluice.sink;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.errors.ConnectException;

/** Certificates as PEM text: validator, parser, and the TLS context of a client that trusts them. */
public final class Certificates implements Validator {
    @Override
    public void ensureValid(String name, Object value) {
        if (value instanceof String pem) {
            try {
                parse(pem);
            } catch (IllegalArgumentException error) {
                // Without the text itself: it fills a screen.
                throw new ConfigException(name + ": " + error.getMessage());
            }
        }
    }

    @Override
    public String toString() {
        return "certificates as PEM text";
    }

    /** Parses the certificates of a PEM text; throws an IllegalArgumentException if there is none or one is invalid. */
    public static Collection<? extends Certificate> parse(String pem) {
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

    /** Returns the TLS context of a client that trusts these authorities only. */
    public static SSLContext trusting(String pem) {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate certificate : parse(pem)) {
                store.setCertificateEntry("authority-" + number++, certificate);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException error) {
            throw new ConnectException("TLS cannot be set up: " + error.getMessage(), error);
        }
    }
}
