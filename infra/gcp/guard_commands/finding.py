"""Findings of scripts/guard-test: what was looked at, what was found, and the command that mends it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from infra.gcp.google_api import ApiError


class Result(StrEnum):
    """Results of a check, as they are printed."""

    OK = "ok"
    WRONG = "WRONG"
    UNKNOWN = "UNKNOWN"
    """It could not be looked at."""
    NOTE = "note"
    """Nothing is wrong, but the reader may expect something else."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the output; `remedy` is a command, or a sentence with one."""

    subject: str
    result: Result
    text: str
    remedy: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the guard works as far as this is concerned."""
        return self.result in (Result.OK, Result.NOTE)


def ok(subject: str, text: str) -> Finding:
    """Return a finding that something works."""
    return Finding(subject=subject, result=Result.OK, text=text)


def wrong(subject: str, text: str, remedy: str) -> Finding:
    """Return a finding that something does not work."""
    return Finding(subject=subject, result=Result.WRONG, text=text, remedy=remedy)


def note(subject: str, text: str) -> Finding:
    """Return a finding that is not about a fault."""
    return Finding(subject=subject, result=Result.NOTE, text=text)


def run_check(subject: str, check: Callable[[], Sequence[Finding]], *, project: str) -> Sequence[Finding]:
    """Run a check; a refused request is a finding too. Raises ApiError where every other request would fail."""
    try:
        return check()
    except ApiError as error:
        if error.affects_every_call:
            raise
        if error.api_disabled:
            service = str(error).partition("the API ")[2].partition(" ")[0]
            return [wrong(subject, str(error), f"gcloud services enable {service}.googleapis.com --project {project}")]
        remedy = f"if a role is missing (docs/gke.md, Roles), ask the owner of {project}; otherwise try again"
        return [Finding(subject=subject, result=Result.UNKNOWN, text=str(error), remedy=remedy)]
