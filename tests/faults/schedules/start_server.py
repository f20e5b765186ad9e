"""Starts a server of an instance as `sluice up` does: `python -m tests.faults.schedules.start_server STATE NAME`.

A program of its own, because it has a client of Kafka: librdkafka was seen to abort its process when a broker is
killed.
"""

import sys
from pathlib import Path

from producer.runtime.exit_status import SluiceError
from sluice.local.instance import Instance
from tests.kill_servers import LocalServerControl


def main() -> None:
    state, name = sys.argv[1:]
    try:
        LocalServerControl(Instance.open(Path(state))).start(name)
    except SluiceError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
