"""Deploys a function by Google's API to find out whether Google applies all grants that a deployment needs."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.gcp.google_api import ApiError, Google
from producer.runtime.exit_status import Exit, SluiceError

SERVICE = "cloudfunctions"
MISSING = "MISSING"
"""State of a function that does not exist; the others are Google's."""
_POLL_SECONDS = 2.0
_LONGEST_OPERATION = 1200.0
"""Seconds; a deployment takes two or three minutes."""
_PASSING = re.compile(
    r"permission|denied|forbidden|\bgrant|service (account|agent)|does not (exist|have)|not enabled|has not been used"
    r"|unable to queue|in progress|already exists",
    re.IGNORECASE,
)
"""What Google's messages say while it does not apply a grant, does not know a new account, has just enabled an API, or
is still busy with the function of an interrupted `pulumi up`; any other problem would not pass by waiting."""


class DeploymentError(SluiceError):
    """The function cannot be deployed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=Exit.UNAVAILABLE)


@dataclass(frozen=True, kw_only=True)
class FunctionDeployment:
    """A function to deploy and to delete again: its `request` is a function of Cloud Functions' API (v2)."""

    google: Google
    location: str
    """projects/PROJECT/locations/REGION."""
    name: str
    request: Mapping[str, Any]
    limit_seconds: float
    """How long to try again where Google denies something."""
    pause_seconds: float
    """Between two tries."""
    report: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def try_until_granted(self) -> None:
        """Deploy the function and delete it, again and again while Google denies something.

        Raises DeploymentError after the limit, or at once for a problem that waiting does not solve; ApiError where
        nobody is signed in, or Google cannot be reached.
        """
        end = self.clock() + self.limit_seconds
        while problem := self._try_once():
            if not _PASSING.search(problem):
                raise DeploymentError(f"Google cannot deploy a function: {problem}")
            if self.clock() >= end:
                minutes = self.limit_seconds / 60
                raise DeploymentError(
                    f"after {minutes:.0f} minutes Google still denies what a function needs: {problem}. "
                    "Run pulumi up again; if it says the same, an organization's policy may forbid it "
                    "(docs/gke.md, When a function cannot be built)"
                )
            self.report(f"waiting until Google applies the new IAM roles: {problem}")
            self.sleep(self.pause_seconds)

    def _try_once(self) -> str | None:
        """Deploy the function and delete it; return the problem."""
        try:
            self._delete()  # an interrupted `pulumi up` may have left it
            self.report("deploying a function to find out whether Google applies the new IAM roles")
            created = self.google.post(SERVICE, f"v2/{self.location}/functions?functionId={self.name}", self.request)
            problem = self._problem(created)
            self._delete()
        except ApiError as error:
            if error.affects_every_call:
                raise
            return str(error)
        return problem

    def _delete(self) -> None:
        operation = self.google.delete(SERVICE, f"v2/{self.location}/functions/{self.name}")
        if operation and (problem := self._problem(operation)):
            raise DeploymentError(f"the function {self.name} cannot be deleted: {problem}")

    def _problem(self, operation: Mapping[str, Any]) -> str | None:
        """Wait for an operation; return its error. Raises DeploymentError if it does not end."""
        end = self.clock() + _LONGEST_OPERATION
        while not operation.get("done"):
            if self.clock() >= end:
                raise DeploymentError(
                    f"Google has not ended the operation {operation['name']} after {_LONGEST_OPERATION / 60:.0f} "
                    "minutes; run pulumi up again"
                )
            self.sleep(_POLL_SECONDS)
            operation = self.google.get(SERVICE, f"v2/{operation['name']}")
        error = operation.get("error")
        return " ".join(str(error.get("message", error)).split()) if error else None


def function_states(google: Google, *, location: str, names: Sequence[str]) -> Mapping[str, str]:
    """Return the state of each function, such as ACTIVE, or MISSING. Raises ApiError."""
    return {name: _state(google, f"v2/{location}/functions/{name}") for name in names}


def _state(google: Google, path: str) -> str:
    found = google.find(SERVICE, path)
    return MISSING if found is None else str(found.get("state", "UNKNOWN"))
