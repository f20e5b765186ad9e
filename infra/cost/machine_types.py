"""Machine types: what of one is billed."""

import re
from dataclasses import dataclass
from decimal import Decimal

_SHARED = {"micro": ("0.25", "1"), "small": ("0.5", "2"), "medium": ("1", "4")}
"""E2's shared cores: the part of a core that is billed, and GiB."""
_GIB_A_CORE = {"standard": 4, "highmem": 8, "highcpu": 1}
_TYPE = re.compile(
    r"(?P<family>e2)-(?:(?P<shared>micro|small|medium)|(?P<kind>standard|highmem|highcpu)-(?P<cores>\d+))"
)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What is billed of a machine: cores and GiB of memory, at the prices of its family."""

    family: str
    cores: Decimal
    gib: Decimal
    shared: bool = False
    """It has a part of a core, and at times more."""


def machine(name: str) -> Machine | None:
    """A machine type by its name, such as e2-standard-2; None for one whose parts are not known here."""
    found = _TYPE.fullmatch(name)
    if not found:
        return None
    if found["shared"]:
        cores, gib = _SHARED[found["shared"]]
        return Machine(family=found["family"], cores=Decimal(cores), gib=Decimal(gib), shared=True)
    cores = Decimal(found["cores"])
    return Machine(family=found["family"], cores=cores, gib=cores * _GIB_A_CORE[found["kind"]])
