package sluice.sink;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;

/** Validator and parser of certificates as PEM text. */
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
}
