package sluice.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sluice.testing.FakeRegistry;
import sluice.testing.SelfSignedIdentity;

/** As whom the registry is asked, and which registry is asked at all. */
class RegistryAccessTest {
    private static RegistryClient client(String url, String userInfo, String certificates) {
        Map<String, String> settings = Map.of(RegistrySettings.URL, url, RegistrySettings.USER_INFO, userInfo,
                RegistrySettings.CERTIFICATES, certificates);
        AbstractConfig config = new AbstractConfig(RegistrySettings.define(new ConfigDef()), settings, false);
        return new RegistryClient(RegistrySettings.of(config, ""));
    }

    @Test
    void userAndPasswordAreSentIfTheyAreSet() throws Exception {
        try (FakeRegistry registry = new FakeRegistry()) {
            client(registry.url(), "me:a:b", "").fetchSchema(1);
            assertEquals("Basic bWU6YTpi", registry.authorization);
            client(registry.url(), "", "").fetchSchema(1);
            assertNull(registry.authorization);
        }
    }

    @Test
    void nothingIsSentToRegistryThatAnotherAuthorityHasSigned(@TempDir Path folder) throws Exception {
        SelfSignedIdentity own = new SelfSignedIdentity(Files.createDirectory(folder.resolve("own")));
        SelfSignedIdentity other = new SelfSignedIdentity(Files.createDirectory(folder.resolve("other")));
        try (FakeRegistry registry = new FakeRegistry(own)) {
            RegistryClient mistaken = client(registry.url(), "me:secret", other.pem());
            assertThrows(RegistryUnavailableException.class, () -> mistaken.fetchSchema(1));
            assertTrue(registry.requests.isEmpty());
            registry.schemas.put(1, "\"long\"");
            assertEquals("\"long\"", client(registry.url(), "me:secret", own.pem()).fetchSchema(1).text());
        }
    }

    @Test
    void mistakesAreNamedWithoutThePassword() {
        ConfigException login = assertThrows(ConfigException.class, () -> client("http://r", "secret", ""));
        assertEquals(RegistrySettings.USER_INFO + " is not user:password.", login.getMessage());
        ConfigException pem = assertThrows(ConfigException.class, () -> client("http://r", "", "no certificate"));
        String said = RegistrySettings.CERTIFICATES + ": holds no certificate";
        assertTrue(pem.getMessage().startsWith(said), pem.getMessage());
    }
}
