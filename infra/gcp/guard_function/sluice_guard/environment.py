"""The guard's settings, from its environment variables; every mistake in them is reported at once."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self, TypeVar

T = TypeVar("T")


class Mode(StrEnum):
    """What the guard does about a cluster that costs too much or has run for too long."""

    SCALE_TO_ZERO = "scale-to-zero"
    NOTIFY = "notify"
    OFF = "off"


class ConfigurationError(Exception):
    """Every mistake in the environment, each with its variable and what it should be."""


@dataclass(frozen=True, kw_only=True)
class ApiUrls:
    """Base URLs of Google's APIs. http:// only on loopback (tests), and then without credentials."""

    container: str
    compute: str
    scheduler: str
    storage: str
    projects: str
    monitoring: str


@dataclass(frozen=True, kw_only=True)
class SleepSettings:
    """What happens to a stack whose nodes are stopped, and how its resources are recognized."""

    delete_after: timedelta | None
    """Time from the stop of the nodes to the deletion of the cluster, its disks and its NAT; None for never."""
    protected: bool
    """The setting gcp.deletionProtection: nothing is deleted."""
    monthly_cost: str
    """What the stack costs while its nodes are stopped, as text, such as `$7.30`."""
    labels: Mapping[str, str]
    """Labels of the cluster and its disks; without all of them, nothing is deleted."""
    description: str
    """Description of the stack's network: a router has no labels, and is recognized by its network."""
    router: str
    """The NAT's router: projects/P/regions/R/routers/NAME."""
    bucket: str
    """Bucket in which the guard keeps since when the nodes are stopped."""


@dataclass(frozen=True, kw_only=True)
class GuardSettings:
    """All settings; ../README.md describes the variables."""

    project: str
    location: str
    cluster: str
    mode: Mode
    share: float
    """Share of the budget from which the guard acts: 0.9 for 90 %."""
    currency: str
    clock_job: str
    ttl: timedelta | None
    """How long a cluster may run from its creation; None for no limit."""
    timeout: float
    """Timeout of the function, in seconds."""
    sleep: SleepSettings
    permissions: tuple[str, ...]
    """Permissions that the service account should have; the guard tests them at every call of the clock."""
    api_urls: ApiUrls

    @classmethod
    def parse(cls, env: Mapping[str, str]) -> Self:
        """Parse the environment; raises ConfigurationError that names every mistake."""
        reader = _Reader(env)
        hours = reader.number("GUARD_TTL_HOURS", least=0, most=24 * 365, default="0")
        settings = cls(
            project=reader.text("GUARD_PROJECT", _NAME, "a project id"),
            location=reader.text("GUARD_LOCATION", _NAME, "a zone or region, such as us-central1-a"),
            cluster=reader.text("GUARD_CLUSTER", _NAME, "the cluster's name"),
            mode=reader.mode(),
            share=reader.number("GUARD_SHARE", least=0.01, most=10),
            currency=reader.text("GUARD_CURRENCY", re.compile("[A-Z]{3}"), "a currency code, such as EUR"),
            clock_job=reader.text("GUARD_CLOCK_JOB", _JOB, "projects/PROJECT/locations/REGION/jobs/NAME"),
            ttl=timedelta(hours=hours) if hours else None,
            timeout=reader.number("GUARD_TIMEOUT_SECONDS", least=60, most=3600, default="540"),
            sleep=_parse_sleep(reader),
            permissions=tuple(reader.text("GUARD_PERMISSIONS", _PERMISSIONS, "permissions, with commas").split(",")),
            api_urls=parse_api_urls(env, mistakes=reader.mistakes),
        )
        if reader.mistakes:
            raise ConfigurationError("the guard cannot start: " + "; ".join(reader.mistakes))
        return settings


def _parse_sleep(reader: "_Reader") -> SleepSettings:
    days = reader.number("GUARD_DELETE_AFTER_DAYS", least=0, most=365, default="0")
    labels = reader.text("GUARD_LABELS", _LABELS, "labels, such as sluice-name=sluice,sluice-stack=gke")
    return SleepSettings(
        delete_after=timedelta(days=days) if days else None,
        protected=reader.number("GUARD_DELETION_PROTECTION", least=0, most=1, default="0") > 0,
        monthly_cost=reader.text("GUARD_SLEEP_COST", _TEXT, "the monthly cost without nodes, such as $7.30"),
        labels=dict(label.split("=", 1) for label in labels.split(",") if labels),
        description=reader.text("GUARD_DESCRIPTION", _TEXT, "the description of the stack's network"),
        router=reader.text("GUARD_ROUTER", _ROUTER, "projects/PROJECT/regions/REGION/routers/NAME"),
        bucket=reader.text("GUARD_BUCKET", _BUCKET, "the name of the guard's bucket"),
    )


_NAME = re.compile(r"[a-z0-9][a-z0-9.:-]*")
_PERMISSIONS = re.compile(r"[a-z]+\.[a-zA-Z]+\.[a-zA-Z]+(,[a-z]+\.[a-zA-Z]+\.[a-zA-Z]+)*")
_JOB = re.compile(r"projects/[^/\s]+/locations/[^/\s]+/jobs/[^/\s]+")
_ROUTER = re.compile(r"projects/[^/\s]+/regions/[^/\s]+/routers/[^/\s]+")
_LABELS = re.compile(r"[a-z0-9_-]+=[a-z0-9_-]+(,[a-z0-9_-]+=[a-z0-9_-]+)*")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]+")
_TEXT = re.compile(r"[^\s].{0,200}")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")


def parse_api_urls(env: Mapping[str, str], *, mistakes: list[str]) -> ApiUrls:
    """Read the base URLs of the APIs: Google's unless set (by tests).

    Appends to `mistakes` a message for each that is neither https:// nor on loopback.
    """

    def url(name: str, default: str) -> str:
        given = env.get(name, default).rstrip("/")
        if not given.startswith("https://") and not _LOOPBACK.fullmatch(given):
            mistakes.append(f"{name} is {given!r}, but has to begin with https:// (http:// only on this machine)")
        return given

    return ApiUrls(
        container=url("GUARD_CONTAINER_API", "https://container.googleapis.com"),
        compute=url("GUARD_COMPUTE_API", "https://compute.googleapis.com"),
        scheduler=url("GUARD_SCHEDULER_API", "https://cloudscheduler.googleapis.com"),
        storage=url("GUARD_STORAGE_API", "https://storage.googleapis.com"),
        projects=url("GUARD_PROJECTS_API", "https://cloudresourcemanager.googleapis.com"),
        monitoring=url("GUARD_MONITORING_API", "https://monitoring.googleapis.com"),
    )


class _Reader:
    """Parses variables and collects their mistakes."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.mistakes: list[str] = []

    def text(self, name: str, form: re.Pattern[str], expected: str) -> str:
        return self._read(name, lambda given: given if form.fullmatch(given) else None, expected, "")

    def mode(self) -> Mode:
        expected = " or ".join(Mode)
        return self._read(
            "GUARD_MODE", lambda given: Mode(given) if given in list(Mode) else None, expected, Mode.SCALE_TO_ZERO
        )

    def number(self, name: str, *, least: float, most: float, default: str = "") -> float:
        def parse(given: str) -> float | None:
            try:
                value = float(given)
            except ValueError:
                return None
            return value if math.isfinite(value) and least <= value <= most else None

        return self._read(name, parse, f"a number from {least:g} to {most:g}", 0.0, default=default)

    def _read(self, name: str, parse: Callable[[str], T | None], expected: str, fallback: T, *, default: str = "") -> T:
        given = self._env.get(name, "").strip() or default
        value = parse(given) if given else None
        if value is None:
            problem = f"is {given!r}, but has to be" if given else "is not set; it has to be"
            self.mistakes.append(f"{name} {problem} {expected}")
            return fallback
        return value
