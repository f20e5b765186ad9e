"""Compute Engine machine types: cores and memory that are billed."""

import re
from dataclasses import dataclass
from decimal import Decimal

_SHARED_CORE = {"micro": ("0.25", "1"), "small": ("0.5", "2"), "medium": ("1", "4")}
"""E2's shared-core types: the fraction of a core that is billed, and GiB of memory."""
_GIB_PER_CORE = {"standard": 4, "highmem": 8, "highcpu": 1}
_NAME = re.compile(
    r"(?P<family>e2)-(?:(?P<shared>micro|small|medium)|(?P<kind>standard|highmem|highcpu)-(?P<cores>\d+))"
)

_SHARED_VCPUS = 2
"""vCPUs of an E2 machine with a shared core, as quotas count them."""
_VCPUS = re.compile(r".*-(\d+)")


@dataclass(frozen=True, kw_only=True)
class MachineType:
    """What is billed of one machine: cores and GiB of memory, each at the price of its family."""

    family: str
    cores: Decimal
    gib: Decimal
    shared_core: bool = False
    """The machine has a fraction of a core, and may burst above it."""


def parse_machine_type(name: str) -> MachineType | None:
    """Parse a name such as e2-standard-2; None for a type whose cores and memory are not known here."""
    match = _NAME.fullmatch(name)
    if not match:
        return None
    if match["shared"]:
        cores, gib = _SHARED_CORE[match["shared"]]
        return MachineType(family=match["family"], cores=Decimal(cores), gib=Decimal(gib), shared_core=True)
    cores = Decimal(match["cores"])
    return MachineType(family=match["family"], cores=cores, gib=cores * _GIB_PER_CORE[match["kind"]])


def count_vcpus(name: str) -> int | None:
    """Return the vCPUs of a machine type as quotas count them; None for a name that does not end in their number."""
    machine_type = parse_machine_type(name)
    if machine_type and machine_type.shared_core:
        return _SHARED_VCPUS
    match = _VCPUS.fullmatch(name)
    return int(match[1]) if match else None
