"""Checks of the settings of Google Cloud; the others are in infra/settings/setting_checks.py."""

import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from infra.settings.setting_checks import Check

ZONE = re.compile(r"[a-z]+-[a-z]+[0-9]+-[a-z]")
_REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+")
_PROJECT = re.compile(r"([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,15}[a-z0-9]")  # with `-guard-caller` a service account's id, of 30 at most
_NOT_IN_BUCKETS = ("google", "g00gle")
_MOST_PROJECT = 39
"""Longest id of a project, with its domain: the guard's bucket has it, gcp.name and `-guard` in its name, of 63."""
_MACHINE = re.compile(r"[a-z][a-z0-9]*-[a-z0-9]+(-[a-z0-9]+)*")
_ACCOUNT = re.compile(r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_KEY = re.compile(r"projects/[^/]+/locations/([^/]+)/keyRings/[^/]+/cryptoKeys/[^/]+")
RELEASE_CHANNELS = ("RAPID", "REGULAR", "STABLE", "EXTENDED")
GUARD_MODES = ("scale-to-zero", "notify", "off")
ON_DEMAND_PARTS = ("kafka", "mysql", "redis", "registry", "connect", "toolbox", "jobs", "operator")
"""The parts of the pipeline that nodes.onDemandFor can name."""
_MOST_EMAILS = 5  # of one budget
_LEAST_DISK, _MOST_DISK = 20, 500
_MOST_NODES = 20
_MOST_PERCENT = 1000
_MOST_HOURS = 24 * 31
_LEAST_DAYS, _MOST_DAYS = 7, 365
_BROKERS = 3
_ZONES = 3


def _like(pattern: re.Pattern[str], noun: str, *, empty: bool = False) -> Check:
    return lambda value: None if pattern.fullmatch(value) or (empty and not value) else f"{value!r} is not {noun}"


def _one_of(values: Sequence[str], noun: str) -> Check:
    choice = ", ".join(values[:-1]) + f" or {values[-1]}"
    return lambda value: None if value in values else f"{value!r} is not a {noun}: use {choice}"


def _between(least: int, most: int, unit: str) -> Check:
    return lambda value: None if least <= value <= most else f"it must be {least} to {most} {unit}, not {value}"


def _days(value: int) -> str | None:
    if value == 0 or _LEAST_DAYS <= value <= _MOST_DAYS:
        return None
    return f"it must be 0 (never) or {_LEAST_DAYS} to {_MOST_DAYS} days, not {value}: a week before, a warning is sent"


def _project(value: str) -> str | None:
    if len(value) > _MOST_PROJECT:
        return f"{value!r} is too long for the name of a bucket: {_MOST_PROJECT} letters at most, with the domain"
    return _like(_PROJECT, "the id of a project (gcloud projects list)", empty=True)(value)


def _name(value: str) -> str | None:
    if any(word in value for word in _NOT_IN_BUCKETS):
        return f"{value!r} cannot be in the name of a bucket, which Google refuses with its own name in it"
    return _like(_NAME, "a name of 2 to 17 lower case letters, digits and -, such as sluice")(value)


def _location(value: str) -> str | None:
    if ZONE.fullmatch(value) or _REGION.fullmatch(value):
        return None
    return f"{value!r} is neither a zone, such as us-central1-a, nor a region (gcloud compute zones list)"


def _cidrs(value: Sequence[str]) -> str | None:
    for cidr in value:
        try:
            network = ip_network(cidr)
        except ValueError:
            return f"{cidr!r} is not an address range, such as 203.0.113.7/32 (curl ifconfig.me prints yours)"
        if network.prefixlen == 0:
            return f"{cidr} is every address; list those that may connect to the control plane"
    return None


def _parts(value: Sequence[str]) -> str | None:
    wrong = [part for part in value if part not in ON_DEMAND_PARTS]
    return f"{wrong[0]!r} is not a part of the pipeline: {', '.join(ON_DEMAND_PARTS)}" if wrong else None


def _percents(value: Sequence[str]) -> str | None:
    for text in value:
        if not re.fullmatch(r"[1-9][0-9]{0,9}", text) or int(text) > _MOST_PERCENT:
            return f"{text!r} is not a percentage, such as 90"
    return None


def _emails(value: Sequence[str]) -> str | None:
    for address in value:
        if not _EMAIL.fullmatch(address):
            return f"{address!r} is not an e-mail address"
    return None if len(value) <= _MOST_EMAILS else f"a budget takes at most {_MOST_EMAILS} addresses, not {len(value)}"


VALUE_CHECKS: Mapping[str, Check] = {
    "gcp.project": _project,
    "gcp.location": _location,
    "gcp.name": _name,
    "gcp.releaseChannel": _one_of(RELEASE_CHANNELS, "release channel"),
    "gcp.controlPlaneCidrs": _cidrs,
    "gcp.secretsKey": _like(_KEY, "the full name of a key (gcloud kms keys list)", empty=True),
    "nodes.machineType": _like(_MACHINE, "a machine type, such as e2-standard-2 (gcloud compute machine-types list)"),
    "nodes.diskGb": _between(_LEAST_DISK, _MOST_DISK, "GB"),
    "nodes.spotMax": _between(0, _MOST_NODES, "nodes"),
    "nodes.onDemandMax": _between(1, _MOST_NODES, "nodes"),
    "nodes.onDemandFor": _parts,
    "budget.billingAccount": _like(_ACCOUNT, "the id of a billing account (gcloud billing accounts list)", empty=True),
    "budget.amount": _between(1, 1_000_000, "units of budget.currency"),
    "budget.currency": _like(re.compile("[A-Z]{3}"), "a currency code of three capitals, such as USD", empty=True),
    "budget.actualPercents": _percents,
    "budget.forecastPercents": _percents,
    "budget.emails": _emails,
    "guard.mode": _one_of(GUARD_MODES, "mode of the guard"),
    "guard.percent": _between(1, _MOST_PERCENT, "percent"),
    "guard.ttlHours": _between(0, _MOST_HOURS, "hours"),
    "guard.deleteAfterDays": _days,
    "monitoring.lagRecords": _between(1, 1_000_000_000, "records"),
}
"""Check of a single value, by the setting's name."""


def _context(values: Mapping[str, Any]) -> str | None:
    context, project = values.get("kubeContext"), values.get("gcp.project", "?")
    if context and project and project != "?":
        return "it must be empty where gcp.project is set: the program uses the cluster that it creates there"
    return None if context or project else "the cluster's context is required (kubectl config get-contexts lists them)"


def _required(problem: str, name: str) -> Callable[[Mapping[str, Any]], str | None]:
    return lambda values: problem if values.get("gcp.project") and not values.get(name, True) else None


def _account(values: Mapping[str, Any]) -> str | None:
    if values.get("budget.allowWithoutBudget"):
        return None
    return _required(
        "it is required with gcp.project: the account that pays, for the budget (gcloud billing accounts list)",
        "budget.billingAccount",
    )(values)


def _clock(values: Mapping[str, Any]) -> str | None:
    stops = values.get("guard.ttlHours", 1) and values.get("guard.mode", GUARD_MODES[0]) == GUARD_MODES[0]
    if values.get("gcp.project") and values.get("budget.allowWithoutBudget") and not stops:
        return (
            "without a budget only the guard's clock stops the nodes: guard.ttlHours above 0, guard.mode scale-to-zero"
        )
    return None


def _key_location(values: Mapping[str, Any]) -> str | None:
    """Check that the key is in the cluster's region, as GKE requires; the multi-region `global` is not."""
    key, location = _KEY.fullmatch(values.get("gcp.secretsKey", "")), values.get("gcp.location", "")
    region = location.rpartition("-")[0] if ZONE.fullmatch(location) else location
    if not values.get("gcp.project") or not key or not _REGION.fullmatch(region) or key[1] == region:
        return None
    return f"the key is in {key[1]}, but a cluster in {location} can only use one in {region}"


def _pool(values: Mapping[str, Any]) -> str | None:
    if not values.get("gcp.project"):
        return None
    return _brokers(values) or _zones(values)


def _brokers(values: Mapping[str, Any]) -> str | None:
    least = values.get("kafka.brokers") or _BROKERS
    if values.get("profile") != "large":
        return None
    most, elsewhere = values.get("nodes.onDemandMax", least), values.get("nodes.spotMax", 0)
    if "kafka" not in values.get("nodes.onDemandFor", ()):
        most += elsewhere
    return (
        None if most >= least else f"the profile large has {least} brokers on as many nodes, of which there are {most}"
    )


def _zones(values: Mapping[str, Any]) -> str | None:
    """Check the on-demand pool's maximum. GKE counts its initial node per zone, but its maximum over all zones."""
    location, most = values.get("gcp.location", ""), values.get("nodes.onDemandMax", _ZONES)
    if not _REGION.fullmatch(location) or most >= _ZONES:
        return None
    return f"in a region the pool starts with a node in each of {_ZONES} zones, so a maximum of {most} is too low"


COMBINATION_CHECKS: Mapping[str, Check] = {
    "kubeContext": _context,
    "budget.billingAccount": _account,
    "budget.emails": _required(
        "it is required with gcp.project: at least one address, for e-mails about spending", "budget.emails"
    ),
    "budget.allowWithoutBudget": _clock,
    "gcp.secretsKey": _key_location,
    "nodes.onDemandMax": _pool,
}
"""Check of all values together, by the name of the setting to change where it fails."""

SAMPLE_VALUES: Mapping[str, object] = {
    "gcp.project": "my-project",
    "budget.billingAccount": "000000-000000-000000",
    "budget.emails": ("me@example.com",),
}
"""Example values of Pulumi.gke.yaml, which the user has to replace. scripts/cost accepts them; `pulumi up` does not:
nobody would read an alert that goes to the example's address.
"""
