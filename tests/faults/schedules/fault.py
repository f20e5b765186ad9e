"""A fault: what is done to which part of the pipeline, when, and for how long."""

from dataclasses import dataclass
from enum import StrEnum

from tests.faults.two_worker_pipeline import WORKERS

SERVERS = ("kafka", "registry", *WORKERS, "mysql", "redis")
STORES = ("kafka", "mysql", "redis")
"""Parts that write to a disk."""


class Kind(StrEnum):
    """Kind of a fault."""

    KILL = "kill"
    PAUSE = "pause"
    RESTART = "restart"
    DISCONNECT = "disconnect"
    FULL_DISK = "full-disk"
    ROW_LOCK = "row-lock"
    SLOW = "slow"
    KILL_LOAD = "kill-load"
    UP = "up"


_DEEDS = {
    Kind.KILL: "kill {}",
    Kind.PAUSE: "pause {}",
    Kind.RESTART: "restart {}",
    Kind.DISCONNECT: "break the connections of {}",
    Kind.FULL_DISK: "fill the disk of {}",
    Kind.ROW_LOCK: "lock rows of gps_fixes",
    Kind.SLOW: "slow {} down",
    Kind.KILL_LOAD: "kill the load of {}",
    Kind.UP: "sluice up",
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault of a schedule."""

    kind: Kind
    targets: tuple[str, ...] = ()
    """Servers, or the kind of load: rows, images."""
    at: float
    """Time after the start of the traffic, s."""
    seconds: float = 0.0
    """How long it lasts; of a KILL, the time until the server is started again. 0: `sluice up` starts it afterwards."""

    def words(self) -> str:
        """Return the fault as words, such as `kill kafka at 3.1 s, started again after 2.0 s`."""
        return f"{self._deed()} at {self.at:.1f} s{self._duration()}"

    def _deed(self) -> str:
        return _DEEDS[self.kind].format(" and ".join(self.targets))

    def _duration(self) -> str:
        if self.kind is Kind.KILL:
            return f", started again after {self.seconds:.1f} s" if self.seconds else ", left to sluice up"
        return f" for {self.seconds:.1f} s" if self.seconds else ""
