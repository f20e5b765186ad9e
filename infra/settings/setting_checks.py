"""Checks of the settings' values, except those of Google Cloud (infra/settings/gcp_checks.py)."""

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from os.path import isfile  # not Path.is_file(), which raises OSError for a name that is too long
from typing import Any

from infra.settings.declared_settings import ROOT

Check = Callable[[Any], str | None]
"""Takes a value, or all values by name; returns what is wrong, or None."""

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_QUANTITY = re.compile(r"[1-9][0-9]*(Mi|Gi|Ti)")
_REGISTRY = re.compile(r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*")
_LOGIN_IN_URL = re.compile(r"^[a-z]+://[^/?#]*@|[?&][^=&]*(signature|sig|token|key|password)=", re.IGNORECASE)
_IMAGE = re.compile(r"([a-z0-9.-]+(:[0-9]+)?/)?[a-z0-9._/-]+(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?")
_REMOTE = ("http://", "https://", "gs://", "nclt:")
_LARGE = 3
_LONGEST_NAME = 60
_CONSOLE = "`scripts/sluice --target … console` shows the pipeline instead, and runs no pod of its own"
FORMER = {
    "console.enabled": _CONSOLE,
    "images.console": _CONSOLE,
    "kubernetes.deleteUnreachable": "for a cluster that is gone there is scripts/forget-cluster",
}
"""Settings of former versions that a stack's file may still have, and what to use."""


def how_to_set(name: str) -> str:
    """The command that sets a setting."""
    return f"pulumi config set {name} VALUE"


def describe_unknown(name: str, known: Iterable[str]) -> str:
    """The error message for a setting that Pulumi.yaml does not declare."""
    near = get_close_matches(name[:_LONGEST_NAME], list(known), n=1)  # its time grows with the square of the length
    if name in FORMER:
        why = f"this setting does not exist any more: {FORMER[name]}."
    else:
        why = f"there is no such setting; did you mean {near[0]}?" if near else "there is no such setting."
    return f"{name}: {why} Remove it: pulumi config rm {name} (Pulumi.yaml lists them all)"


def _profile(value: str) -> str | None:
    return None if value in ("small", "large") else f"{value!r} is not a profile: use small or large"


def _kind(value: str) -> str | None:
    return None if value in ("gps", "images") else f"{value!r} is not a kind of source: use gps or images"


def _namespace(value: str) -> str | None:
    if _DNS_LABEL.fullmatch(value) and value not in ("default", "kube-system", "kube-public", "kube-node-lease"):
        return None
    return f"{value!r} cannot be the namespace: use lower case letters, digits and -, and no namespace of Kubernetes"


def _quantity(value: str) -> str | None:
    return None if not value or _QUANTITY.fullmatch(value) else f"{value!r} is not a disk size, such as 20Gi"


def _cidrs(value: tuple[str, ...]) -> str | None:
    for cidr in value:
        try:
            ip_network(cidr)
        except ValueError:
            return f"{cidr!r} is not an address range, such as 10.0.0.0/28"
    return None


def _chart(value: str) -> str | None:
    if value.startswith("oci://") or isfile(ROOT / value / "Chart.yaml"):
        return None
    return f"{value!r} is neither an oci:// address nor a folder with a Chart.yaml"


def _images(value: str) -> str | None:
    if not value or (_IMAGE.fullmatch(value) and "//" not in value):
        return None
    return f"{value!r} is not an image or a registry (without https://), such as registry.example.com/hub/redis:8.2.2"


def _maxmemory(value: int) -> str | None:
    least = 64
    return None if value == 0 or value >= least else f"{value} MiB is too little for Redis: {least} or more"


def _source(value: str) -> str | None:
    if _LOGIN_IN_URL.search(value):
        return "a URL without a password or a signature, which could be read in the stack's state and in the Job"
    if not value or value.startswith(_REMOTE) or value.startswith("/data/"):
        return None
    return f"{value!r} is neither a URL, nor nclt:DATE, nor a path below /data"


def _folder(value: str) -> str | None:
    return None if not value or value.startswith("/") else f"{value!r} is not an absolute path on a node, such as /data"


def _minutes(value: int) -> str | None:
    week = 7 * 24 * 60
    return None if 1 <= value <= week else f"it must be 1 to {week} minutes, not {value}"


VALUE_CHECKS: Mapping[str, Check] = {
    "profile": _profile,
    "namespace": _namespace,
    "kubernetes.apiServerCidrs": _cidrs,
    "strimzi.chart": _chart,
    "images": _images,
    "kafka.storage": _quantity,
    "mysql.storage": _quantity,
    "redis.storage": _quantity,
    "redis.maxmemoryMi": _maxmemory,
    "load.source": _source,
    "load.kind": _kind,
    "load.folder": _folder,
    "load.timeoutMinutes": _minutes,
}
"""Check of a single value, by the setting's name; `images` is for every setting of that group."""


def _brokers(values: Mapping[str, Any]) -> str | None:
    brokers, profile = values.get("kafka.brokers"), values.get("profile")
    if not brokers or (profile == "small" and brokers == 1) or (profile == "large" and brokers >= _LARGE):
        return None
    return f"the profile {profile} cannot have {brokers} brokers: small has 1, large 3 or more"


def _mounted(values: Mapping[str, Any]) -> str | None:
    source = str(values.get("load.source", ""))
    if not source.startswith("/data/") or values.get("load.folder"):
        return None
    return f"{source!r} is below /data, which is empty without load.folder"


COMBINATION_CHECKS: Mapping[str, Check] = {"kafka.brokers": _brokers, "load.source": _mounted}
"""Check of all values together, by the name of the setting to change where it fails."""
