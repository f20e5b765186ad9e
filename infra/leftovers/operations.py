"""Long-running operations of Google's APIs: status of a removal that was requested."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.gcp.google_api import ApiError, Google
from infra.leftovers.leftover import Leftover


@dataclass(frozen=True, kw_only=True)
class OperationStatus:
    """Whether a removal is done, and the reason if it failed."""

    done: bool
    failed: str = ""


def operation_path(item: Leftover, answer: Mapping[str, Any]) -> str | None:
    """Return the path of the operation in the answer to a DELETE; None if the resource was removed at once."""
    name = answer.get("name", "")
    if not name or ("done" not in answer and "status" not in answer and "/operations/" not in name):
        return None
    if "/" in name:  # projects/P/locations/L/operations/NAME, in the same version of the API
        return f"{item.path.partition('/')[0]}/{name}"
    return f"{item.path.rsplit('/', 2)[0]}/operations/{name}"  # next to the resource that it removes


def read_status(google: Google, item: Leftover, path: str) -> OperationStatus:
    """Read the status of an operation; raises ApiError."""
    try:
        found = google.get(item.service, path)
    except ApiError as error:
        if error.not_found:  # Google forgets operations that are done
            return OperationStatus(done=True)
        raise
    done = found.get("done") is True or found.get("status") == "DONE"
    return OperationStatus(done=done, failed=_reason(found.get("error")) if done else "")


def _reason(error: Mapping[str, Any] | None) -> str:
    if not error:
        return ""
    several = [str(each.get("message") or each.get("code")) for each in error.get("errors", [])]
    return "; ".join(several) or str(error.get("message") or error)
