"""What the guard is told by its environment, checked once and all at once."""

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
class Apis:
    """Where Google's APIs are; plain http only on this machine, and then without credentials."""

    container: str
    compute: str
    scheduler: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that the guard can be told."""

    project: str
    location: str
    cluster: str
    mode: Mode
    share: float
    """Share of the budget from which it acts: 0.9 for 90 %."""
    currency: str
    clock_job: str
    ttl: timedelta | None
    timeout: float
    """Seconds that the platform lets one call take."""
    apis: Apis

    @classmethod
    def parse(cls, env: Mapping[str, str]) -> Self:
        """Read the environment; raises ConfigurationError that names every mistake."""
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
            apis=apis_of(env, mistakes=reader.mistakes),
        )
        if reader.mistakes:
            raise ConfigurationError("the guard cannot start: " + "; ".join(reader.mistakes))
        return settings


_NAME = re.compile(r"[a-z0-9][a-z0-9.:-]*")
_JOB = re.compile(r"projects/[^/\s]+/locations/[^/\s]+/jobs/[^/\s]+")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")


def apis_of(env: Mapping[str, str], *, mistakes: list[str]) -> Apis:
    """Where the APIs are: Google's, or what tests name; adds to `mistakes` what is neither https nor loopback."""

    def url(name: str, default: str) -> str:
        given = env.get(name, default).rstrip("/")
        if not given.startswith("https://") and not _LOOPBACK.fullmatch(given):
            mistakes.append(f"{name} is {given!r}, but has to begin with https:// (http:// only on this machine)")
        return given

    return Apis(
        container=url("GUARD_CONTAINER_API", "https://container.googleapis.com"),
        compute=url("GUARD_COMPUTE_API", "https://compute.googleapis.com"),
        scheduler=url("GUARD_SCHEDULER_API", "https://cloudscheduler.googleapis.com"),
    )


class _Reader:
    """Reads values and gathers what is wrong with them."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.mistakes: list[str] = []

    def text(self, name: str, form: re.Pattern[str], wanted: str) -> str:
        return self._read(name, lambda given: given if form.fullmatch(given) else None, wanted, "")

    def mode(self) -> Mode:
        wanted = " or ".join(Mode)
        return self._read(
            "GUARD_MODE", lambda given: Mode(given) if given in list(Mode) else None, wanted, Mode.SCALE_TO_ZERO
        )

    def number(self, name: str, *, least: float, most: float, default: str = "") -> float:
        def parse(given: str) -> float | None:
            try:
                value = float(given)
            except ValueError:
                return None
            return value if math.isfinite(value) and least <= value <= most else None

        return self._read(name, parse, f"a number from {least:g} to {most:g}", 0.0, default=default)

    def _read(self, name: str, parse: Callable[[str], T | None], wanted: str, otherwise: T, *, default: str = "") -> T:
        given = self._env.get(name, "").strip() or default
        value = parse(given) if given else None
        if value is None:
            what = f"is {given!r}, but has to be" if given else "is not set; it has to be"
            self.mistakes.append(f"{name} {what} {wanted}")
            return otherwise
        return value
