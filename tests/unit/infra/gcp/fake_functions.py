"""Cloud Functions' API (v2) with functions in memory, which denies and fails as Google's does in a new project."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.unit.infra.fake_google_apis import Request

NO_AGENT = (
    'Validation failed for trigger projects/my-lab/locations/us-central1/triggers/t: Invalid resource state for "": '
    "Permission denied while using the Eventarc Service Agent. If you recently started to use Eventarc, it may take a "
    "few minutes before all necessary permissions are propagated to the Service Agent."
)
"""Answer to the creation of a function with a trigger, where Eventarc's service agent lacks its role."""
NO_READER = (
    "Build failed: failed to Fetch: failed to download archive gs://gcf-v2-sources-1-us-central1/f/source.zip: Access "
    "to bucket gcf-v2-sources-1-us-central1 denied. You must grant Storage Object Viewer permission to b@my-lab."
)
"""Error of the operation where the account of the build lacks a role; the function stays, with the state FAILED."""
BROKEN_CODE = "Could not create or update Cloud Run service: the container failed to start and listen on the port"
"""Error of the operation that time does not heal."""


@dataclass
class FakeFunctions:
    """`states` by name; `refusals` answer the next creations with 400, `failures` are errors of the next operations.

    `failures_of` are errors of the next operation by the function's name.
    """

    states: dict[str, str] = field(default_factory=dict[str, str])
    requests: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """What each function was created with."""
    refusals: list[str] = field(default_factory=list[str])
    failures: list[str] = field(default_factory=list[str])
    failures_of: dict[str, str] = field(default_factory=dict[str, str])
    calls: list[str] = field(default_factory=list[str])
    """Method and name of each call."""
    busy: int = 0
    """How many deletions Google refuses, because an operation is running."""
    slow: bool = False
    """Operations are done only when they are asked for."""

    def create(self, name: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        """Create a function: ACTIVE, or FAILED with the next failure."""
        if name in self.states:
            return _error(409, f"Resource '{name}' already exists")
        if self.refusals:
            return _error(400, self.refusals.pop(0))
        problem = self.failures_of.pop(name, None) or (self.failures.pop(0) if self.failures else None)
        self.states[name] = "FAILED" if problem else "ACTIVE"
        self.requests[name] = body
        done = {"error": {"code": 3, "message": problem}} if problem else {"response": {"state": "ACTIVE"}}
        return 200, self._operation(done)

    def delete(self, name: str) -> tuple[int, Any]:
        """Delete a function."""
        if self.busy:
            self.busy -= 1
            return _error(409, "unable to queue the operation")
        if self.states.pop(name, None) is None:
            return _error(404, f"Resource '{name}' was not found")
        return 200, self._operation({"response": {}})

    def answer(self, method: str, path: str, parameters: Mapping[str, str], body: Any) -> tuple[int, Any]:
        """Return the status and the JSON of the answer to a request."""
        collection, _, name = path.rpartition("/")
        if collection.endswith("/operations"):
            return 200, self._done
        name = parameters.get("functionId", name)
        self.calls.append(f"{method} {name}")
        if method == "POST":
            return self.create(name, body)
        if method == "DELETE":
            return self.delete(name)
        return (200, {"state": self.states[name]}) if name in self.states else _error(404, f"{name} was not found")

    def answer_request(self, request: Request) -> tuple[int, Any]:
        """Answer a request to the server of tests/unit/infra/fake_google_apis.py."""
        return self.answer(request.method, request.path, request.parameters, request.body)

    def _operation(self, result: Mapping[str, Any]) -> Mapping[str, Any]:
        name = "projects/my-lab/locations/us-central1/operations/o"
        self._done = {"name": name, "done": True, **result}
        return {"name": name} if self.slow else self._done


def _error(code: int, message: str) -> tuple[int, Any]:
    return code, {"error": {"code": code, "message": message}}
