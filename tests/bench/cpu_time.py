"""CPU time of the pipeline's processes."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import psutil

from sluice.local.instance import Instance
from sluice.local.processes import running_processes

OTHERS, IDLE = "others", "idle"


def cpu_seconds(instance: Instance) -> dict[str, float]:
    """Return the CPU time that each process of a pipeline has used since its start, with its ended children, s.

    Connect's workers are added up.
    """
    names: dict[str, float] = {}
    for entry in running_processes(instance):
        times: Any = entry.process.cpu_times()
        name = entry.name.partition("-")[0]
        used = times.user + times.system + times.children_user + times.children_system
        names[name] = names.get(name, 0.0) + used
    return names


@dataclass(frozen=True, kw_only=True)
class CpuTimes:
    """CPU seconds used so far by the pipeline's processes and the machine."""

    wall: float
    by_name: Mapping[str, float]

    @classmethod
    def read(cls, instance: Instance) -> Self:
        """Read the CPU times."""
        names = cpu_seconds(instance)
        machine: Any = psutil.cpu_times()
        names[IDLE] = machine.idle + getattr(machine, "iowait", 0.0)
        names[OTHERS] = (psutil.cpu_count() or 1) * time.monotonic() - sum(names.values())
        return cls(wall=time.monotonic(), by_name=names)

    def until(self, later: Self) -> dict[str, float]:
        """Return the average number of cores that each process used until `later`."""
        seconds = later.wall - self.wall
        return {name: (later.by_name[name] - used) / seconds for name, used in self.by_name.items()}
