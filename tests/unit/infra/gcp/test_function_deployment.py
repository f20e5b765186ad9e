"""A function is deployed until Google applies all grants, and deleted again."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from infra.gcp.function_deployment import DeploymentError, FunctionDeployment, function_states
from infra.gcp.google_api import ENDPOINT, ApiError, Google
from tests.unit.infra.fake_google_apis import serving
from tests.unit.infra.gcp.fake_functions import BROKEN_CODE, NO_AGENT, NO_READER, FakeFunctions

LOCATION = "projects/my-lab/locations/us-central1"


@dataclass
class Try:
    """A deployment against the fake, its messages, and the time that it thinks has passed."""

    deployment: FunctionDeployment
    said: list[str]
    slept: list[float]


@contextmanager
def trying(functions: FakeFunctions, *, limit: float = 600) -> Generator[Try]:
    said, slept = list[str](), list[float]()
    with serving(
        lambda request: functions.answer(request.method, request.path, request.parameters, request.body)
    ) as api:
        yield Try(
            FunctionDeployment(
                google=Google.signed_in({ENDPOINT: api.url}, project="my-lab", sleep=lambda _: None),
                location=LOCATION,
                name="trial",
                request={"labels": {"a": "b"}},
                limit_seconds=limit,
                pause_seconds=15,
                report=said.append,
                clock=lambda: sum(slept),
                sleep=slept.append,
            ),
            said,
            slept,
        )


@pytest.mark.parametrize("slow", [False, True])
def test_function_is_deployed_and_deleted(slow: bool) -> None:
    functions = FakeFunctions(slow=slow)
    with trying(functions) as made:
        made.deployment.try_until_granted()
    assert functions.calls == ["DELETE trial", "POST trial", "DELETE trial"]
    assert functions.states == {}
    assert functions.requests == {"trial": {"labels": {"a": "b"}}}


def test_it_waits_while_google_denies_something() -> None:
    functions = FakeFunctions(refusals=[NO_AGENT, "Service account b@my-lab does not exist."], failures=[NO_READER])
    with trying(functions) as made:
        made.deployment.try_until_granted()
    assert functions.states == {}
    assert made.slept == [15, 15, 15]
    waits = [line for line in made.said if line.startswith("waiting")]
    assert ["Eventarc" in waits[0], "does not exist" in waits[1], "Storage Object Viewer" in waits[2]] == [True] * 3


def test_a_function_that_an_interrupted_up_left_is_removed_first() -> None:
    functions = FakeFunctions(states={"trial": "FAILED"})
    with trying(functions) as made:
        made.deployment.try_until_granted()
    assert functions.states == {}
    assert made.slept == []


def test_it_waits_while_an_interrupted_up_is_still_deploying() -> None:
    functions = FakeFunctions(states={"trial": "DEPLOYING"}, busy=2)
    with trying(functions) as made:
        made.deployment.try_until_granted()
    assert functions.states == {}
    assert made.slept == [15, 15]


def test_after_the_limit_it_says_what_google_denies() -> None:
    functions = FakeFunctions(refusals=[NO_AGENT] * 100)
    with trying(functions, limit=60) as made, pytest.raises(DeploymentError) as error:
        made.deployment.try_until_granted()
    assert sum(made.slept) == 60
    assert "after 1 minutes" in str(error.value)
    assert "Eventarc Service Agent" in str(error.value)
    assert "docs/gke.md" in str(error.value)


def test_what_time_does_not_heal_is_an_error_at_once() -> None:
    functions = FakeFunctions(failures=[BROKEN_CODE])
    with trying(functions) as made, pytest.raises(DeploymentError, match="container failed to start"):
        made.deployment.try_until_granted()
    assert made.slept == []
    assert functions.states == {}, "the trial has to be deleted"


def test_nobody_is_signed_in() -> None:
    def refuse(_: Any) -> tuple[int, Any]:
        return 401, {"error": {"message": "who are you?"}}

    with serving(refuse) as api:
        google = Google.signed_in({ENDPOINT: api.url}, sleep=lambda _: None)
        with trying(FakeFunctions()) as made, pytest.raises(ApiError, match="sign in"):
            replace(made.deployment, google=google).try_until_granted()


def test_an_operation_that_never_ends_is_not_waited_for_for_ever() -> None:
    with serving(lambda _: (200, {"name": "operations/o"})) as api:
        google = Google.signed_in({ENDPOINT: api.url}, sleep=lambda _: None)
        with (
            trying(FakeFunctions()) as made,
            pytest.raises(DeploymentError, match=r"operations/o .*run pulumi up"),
        ):
            replace(made.deployment, google=google).try_until_granted()


def test_states_of_functions() -> None:
    functions = FakeFunctions(states={"a": "ACTIVE", "b": "FAILED"})
    with trying(functions) as made:
        found = function_states(made.deployment.google, location=LOCATION, names=["a", "b", "c"])
    assert found == {"a": "ACTIVE", "b": "FAILED", "c": "MISSING"}
