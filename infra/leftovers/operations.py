"""Removals that go on after they were ordered, and what becomes of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.gcp.google_api import ApiError, Google
from infra.leftovers.leftover import Leftover


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How far a removal is: done, or failed for a reason."""

    done: bool
    failed: str = ""


def operation_path(item: Leftover, answer: Mapping[str, Any]) -> str | None:
    """Where the operation is that an order to remove was answered with; None for what is removed at once."""
    name = answer.get("name", "")
    if not name or ("done" not in answer and "status" not in answer and "/operations/" not in name):
        return None
    if "/" in name:  # projects/P/locations/L/operations/NAME, of the version that it was asked of
        return f"{item.path.partition('/')[0]}/{name}"
    return f"{item.path.rsplit('/', 2)[0]}/operations/{name}"  # beside what it removes


def outcome(google: Google, item: Leftover, path: str) -> Outcome:
    """How far it is; raises ApiError where that cannot be told."""
    try:
        found = google.get(item.service, path)
    except ApiError as error:
        if error.not_found:  # forgotten, as the ones that are done are
            return Outcome(done=True)
        raise
    done = found.get("done") is True or found.get("status") == "DONE"
    return Outcome(done=done, failed=_reason(found.get("error")) if done else "")


def _reason(error: Mapping[str, Any] | None) -> str:
    if not error:
        return ""
    several = [str(each.get("message") or each.get("code")) for each in error.get("errors", [])]
    return "; ".join(several) or str(error.get("message") or error)
