package sluice.protobuf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.junit.jupiter.api.Test;

/** The table of settings in README.md has every setting with its default, and no other. */
class ReadmeTest {
    private static final Pattern ROW = Pattern.compile("^\\| `([a-z.]+)` \\| ([^|]*) \\|", Pattern.MULTILINE);

    @Test
    void tableOfSettingsIsTheDefinition() throws IOException {
        Map<String, String> written = new TreeMap<>();
        String settings = Files.readString(Path.of("README.md")).split("\n## Settings\n")[1].split("\n## ")[0];
        for (Matcher row = ROW.matcher(settings); row.find();) {
            written.put(row.group(1), row.group(2).replace("`", ""));
        }
        Map<String, String> defined = new TreeMap<>();
        for (ConfigDef.ConfigKey key : new ProtobufConverter().config().configKeys().values()) {
            defined.put(key.name, key.hasDefault() && key.defaultValue != null ? key.defaultValue.toString() : "none");
        }
        assertEquals(defined, written);
    }
}
