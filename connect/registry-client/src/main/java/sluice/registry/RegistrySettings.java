package sluice.registry;

import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.LambdaValidator;
import org.apache.kafka.common.config.ConfigDef.NonEmptyString;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;
import sluice.sink.Certificates;

/**
 * Where the registry is, as whom it is asked, and which authorities are trusted there.
 *
 * <p>Empty user info and certificates are the same as none, so that one file of settings fits every target: ${env:NAME}
 * is empty where the registry asks for no password.
 *
 * @param url URL of the registry's Confluent-compatible API
 * @param userInfo user:password of basic authentication; may be null or empty
 * @param certificates certificate authorities as PEM text; null or empty: those that Java trusts
 */
public record RegistrySettings(String url, Password userInfo, String certificates) {
    public static final String URL = "schema.registry.url";
    public static final String USER_INFO = "schema.registry.basic.auth.user.info";
    public static final String USER_INFO_DOC = "user:password, for a registry that asks for them (basic "
            + "authentication). Write ${env:NAME}, so that they are not stored in a file or a topic.";
    public static final Validator USER_INFO_VALIDATOR =
            LambdaValidator.with(RegistrySettings::checkUserInfo, () -> "user:password");
    public static final String CERTIFICATES = "schema.registry.tls.trusted.certificates";
    public static final String CERTIFICATES_DOC = "Certificate authorities to trust at a registry with https://, as "
            + "PEM text, for instance ${env:NAME}. Default: those that Java trusts.";
    public static final Validator CERTIFICATES_VALIDATOR =
            LambdaValidator.with(RegistrySettings::checkCertificates, () -> "certificates as PEM text");

    /** Adds the settings of a converter to `definition`, and returns it. */
    public static ConfigDef define(ConfigDef definition) {
        return definition
                .define(URL, Type.STRING, ConfigDef.NO_DEFAULT_VALUE, new NonEmptyString(), Importance.HIGH,
                        "URL of the registry's Confluent-compatible API, such as http://registry:8080/apis/ccompat/v7.")
                .define(USER_INFO, Type.PASSWORD, null, USER_INFO_VALIDATOR, Importance.MEDIUM, USER_INFO_DOC)
                .define(CERTIFICATES, Type.STRING, null, CERTIFICATES_VALIDATOR, Importance.MEDIUM, CERTIFICATES_DOC);
    }

    /** Reads the settings, whose names begin with `prefix`. */
    public static RegistrySettings of(AbstractConfig config, String prefix) {
        return new RegistrySettings(config.getString(prefix + URL), config.getPassword(prefix + USER_INFO),
                config.getString(prefix + CERTIFICATES));
    }

    private static void checkUserInfo(String name, Object value) {
        if (value instanceof Password text && !text.value().isEmpty() && !text.value().contains(":")) {
            throw new ConfigException(name + " is not user:password."); // Without the text: it may be the password.
        }
    }

    private static void checkCertificates(String name, Object value) {
        if (value instanceof String pem && !pem.isBlank()) {
            new Certificates().ensureValid(name, pem);
        }
    }
}
