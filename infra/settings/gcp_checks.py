"""What each setting of Google Cloud may be: as infra/settings/setting_checks.py, for the settings of infra/gcp/."""

import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from infra.settings.setting_checks import Check

ZONE = re.compile(r"[a-z]+-[a-z]+[0-9]+-[a-z]")
_REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+")
_PROJECT = re.compile(r"([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,16}[a-z0-9]")
_MACHINE = re.compile(r"[a-z][a-z0-9]*-[a-z0-9]+(-[a-z0-9]+)*")
_ACCOUNT = re.compile(r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_KEY = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+")
RELEASE_CHANNELS = ("RAPID", "REGULAR", "STABLE", "EXTENDED")
GUARD_MODES = ("scale-to-zero", "notify", "off")
ON_DEMAND_PARTS = ("kafka", "mysql", "redis", "registry", "connect", "toolbox", "console", "jobs", "operator")
"""What nodes.onDemandFor can name."""
_MOST_EMAILS = 5  # of one budget
_LEAST_DISK, _MOST_DISK = 20, 500
_MOST_NODES = 20
_MOST_PERCENT = 1000
_MOST_HOURS = 24 * 31
_BROKERS = 3
_ZONES = 3


def _like(pattern: re.Pattern[str], what: str, *, empty: bool = False) -> Check:
    return lambda value: None if pattern.fullmatch(value) or (empty and not value) else f"{value!r} is no {what}"


def _one_of(values: Sequence[str], what: str) -> Check:
    choice = ", ".join(values[:-1]) + f" or {values[-1]}"
    return lambda value: None if value in values else f"{value!r} is no {what}: {choice}"


def _between(least: int, most: int, what: str) -> Check:
    return lambda value: None if least <= value <= most else f"{value} is no {what} from {least} to {most}"


def _location(value: str) -> str | None:
    if ZONE.fullmatch(value) or _REGION.fullmatch(value):
        return None
    return f"{value!r} is neither a zone, such as us-central1-a, nor a region (gcloud compute zones list)"


def _cidrs(value: Sequence[str]) -> str | None:
    for cidr in value:
        try:
            network = ip_network(cidr)
        except ValueError:
            return f"{cidr!r} is no range of addresses, such as 203.0.113.7/32 (curl ifconfig.me says yours)"
        if network.prefixlen == 0:
            return f"{cidr} is the whole world; name the addresses that may call the control plane"
    return None


def _parts(value: Sequence[str]) -> str | None:
    wrong = [part for part in value if part not in ON_DEMAND_PARTS]
    return f"there is no {wrong[0]!r} to be placed: {', '.join(ON_DEMAND_PARTS)}" if wrong else None


def _percents(value: Sequence[str]) -> str | None:
    for text in value:
        if not re.fullmatch(r"[1-9][0-9]*", text) or int(text) > _MOST_PERCENT:
            return f"{text!r} is no share in percent, such as 90"
    return None


def _emails(value: Sequence[str]) -> str | None:
    for address in value:
        if not _EMAIL.fullmatch(address):
            return f"{address!r} is no e-mail address"
    return None if len(value) <= _MOST_EMAILS else f"a budget tells {_MOST_EMAILS} addresses at most, not {len(value)}"


VALUE_CHECKS: Mapping[str, Check] = {
    "gcp.project": _like(_PROJECT, "id of a project (gcloud projects list)", empty=True),
    "gcp.location": _location,
    "gcp.name": _like(_NAME, "name of up to 18 lower case letters, digits and -, such as sluice"),
    "gcp.releaseChannel": _one_of(RELEASE_CHANNELS, "release channel"),
    "gcp.controlPlaneCidrs": _cidrs,
    "gcp.secretsKey": _like(_KEY, "full name of a key (gcloud kms keys list)", empty=True),
    "nodes.machineType": _like(_MACHINE, "machine type, such as e2-standard-2 (gcloud compute machine-types list)"),
    "nodes.diskGb": _between(_LEAST_DISK, _MOST_DISK, "number of GB"),
    "nodes.spotMax": _between(0, _MOST_NODES, "number of nodes"),
    "nodes.onDemandMax": _between(1, _MOST_NODES, "number of nodes"),
    "nodes.onDemandFor": _parts,
    "budget.billingAccount": _like(_ACCOUNT, "billing account's id (gcloud billing accounts list)", empty=True),
    "budget.amount": _between(1, 1_000_000, "amount"),
    "budget.currency": _like(re.compile("[A-Z]{3}"), "currency of three capitals, such as USD"),
    "budget.actualPercents": _percents,
    "budget.forecastPercents": _percents,
    "budget.emails": _emails,
    "guard.mode": _one_of(GUARD_MODES, "mode"),
    "guard.percent": _between(1, _MOST_PERCENT, "share in percent"),
    "guard.ttlHours": _between(0, _MOST_HOURS, "number of hours"),
    "monitoring.lagRecords": _between(1, 1_000_000_000, "number of records"),
}
"""By name."""


def _context(values: Mapping[str, Any]) -> str | None:
    context, project = values.get("kubeContext"), values.get("gcp.project", "?")
    if context and project and project != "?":
        return "gcp.project is set, so the program works on the cluster that it makes there: leave this one empty"
    return (
        None if context or project else "it must say on which cluster to work (kubectl config get-contexts lists them)"
    )


def _needed(problem: str, of: str) -> Callable[[Mapping[str, Any]], str | None]:
    return lambda values: problem if values.get("gcp.project") and not values.get(of, True) else None


def _account(values: Mapping[str, Any]) -> str | None:
    if values.get("budget.allowWithoutBudget"):
        return None
    return _needed(
        "the account that pays has to be known before anything costs (gcloud billing accounts list)",
        "budget.billingAccount",
    )(values)


def _clock(values: Mapping[str, Any]) -> str | None:
    stops = values.get("guard.ttlHours", 1) and values.get("guard.mode", GUARD_MODES[0]) == GUARD_MODES[0]
    if values.get("gcp.project") and values.get("budget.allowWithoutBudget") and not stops:
        return "without a budget only the clock stops the spending: guard.ttlHours above 0 and guard.mode scale-to-zero"
    return None


def _pool(values: Mapping[str, Any]) -> str | None:
    if not values.get("gcp.project"):
        return None
    return _brokers(values) or _zones(values, "nodes.onDemandMax")


def _brokers(values: Mapping[str, Any]) -> str | None:
    least = values.get("kafka.brokers") or _BROKERS
    if values.get("profile") != "large":
        return None
    in_it = "nodes.onDemandMax" if "kafka" in values.get("nodes.onDemandFor", ()) else "nodes.spotMax"
    most = values.get(in_it, least)
    return None if most >= least else f"the profile large has {least} brokers on as many nodes, and {in_it} is {most}"


def _zones(values: Mapping[str, Any], name: str) -> str | None:
    """GKE counts the nodes that a pool begins with by zone, and those that it may grow to in all."""
    location, most = values.get("gcp.location", ""), values.get(name, _ZONES)
    if not _REGION.fullmatch(location) or most >= _ZONES:
        return None
    return f"in a region a pool begins with a node in each of {_ZONES} zones, and {most} would be its most"


def _spot(values: Mapping[str, Any]) -> str | None:
    if not values.get("gcp.project"):
        return None
    if values.get("nodes.spotMax", 1):
        return _zones(values, "nodes.spotMax")
    if not set(ON_DEMAND_PARTS) - set(values.get("nodes.onDemandFor", ON_DEMAND_PARTS)):
        return None
    return "nothing that nodes.onDemandFor leaves out can run without a spot pool: name everything there, or 1 or more"


COMBINATION_CHECKS: Mapping[str, Check] = {
    "kubeContext": _context,
    "budget.billingAccount": _account,
    "budget.emails": _needed("somebody has to be told of the spending", "budget.emails"),
    "budget.allowWithoutBudget": _clock,
    "nodes.onDemandMax": _pool,
    "nodes.spotMax": _spot,
}
"""Checks of one setting against others, by the setting that is to be changed."""

SAMPLE_VALUES: Mapping[str, object] = {
    "gcp.project": "my-project",
    "budget.billingAccount": "000000-000000-000000",
    "budget.emails": ("me@example.com",),
}
"""What Pulumi.gke.yaml has before a person's own is put there. It will do for scripts/cost; nothing is made of it: an
alert that goes to the sample's address is read by nobody.
"""
