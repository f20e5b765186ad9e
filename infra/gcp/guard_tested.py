"""A resource at the end of `pulumi up` that asks the guard what it could do, and fails if that is not everything.

Asked when it is created, and again when the functions' code, their permissions or one of the guard's parts changes.
`pulumi up` after a failure asks again. Like infra/gcp/claims.py it is a dynamic resource of which the state holds no
code: the module, the class and the property names have to stay.
"""

import os
from collections.abc import Sequence
from typing import Any, TypedDict, cast

from pulumi import CustomTimeouts, Input, Resource, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, UpdateResult
from pulumi.dynamic import Resource as DynamicResource

from infra.gcp.dynamic_provider import SentenceProvider
from infra.gcp.google_api import Google
from infra.gcp.guard_call import GuardParts, call_guard
from infra.gcp.guard_function.sluice_guard.google_requests import WaitLimit
from producer.runtime.exit_status import SluiceError

_WAIT_SECONDS = 600.0
_PARTS = ("project", "topic", "clock_job", "on_budget", "on_clock")
_OWN = (*_PARTS, "permissions", "code")


class GuardTestError(SluiceError):
    """The guard could not do what it is for."""


class GuardTestArgs(TypedDict):
    """Names of the guard's parts, as in infra/gcp/guard_call.py, and what makes another test necessary."""

    project: Input[str]
    topic: Input[str]
    clock_job: Input[str]
    on_budget: Input[str]
    on_clock: Input[str]
    permissions: Input[str]
    code: Input[str]


class GuardTestProvider(SentenceProvider):
    """Creates nothing; asks the guard."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Test the guard; raises GuardTestError, and is repeated by the next `pulumi up`."""
        run_guard_test(props, wait_limit=WaitLimit(_WAIT_SECONDS))
        return CreateResult(id_=str(props["clock_job"]), outs=props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Another guard is tested by an update."""
        return DiffResult(changes=any(_olds.get(name) != _news.get(name) for name in _OWN), replaces=[])

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Test the guard; raises GuardTestError, and the state keeps the old properties."""
        run_guard_test(_news, wait_limit=WaitLimit(_WAIT_SECONDS))
        return UpdateResult(outs=_news)


def run_guard_test(props: dict[str, Any], *, wait_limit: WaitLimit) -> None:
    """Ask the guard with the user's credentials; raises GuardTestError that names everything that does not work."""
    parts = GuardParts(**{name: str(props[name]) for name in _PARTS})
    google = Google.signed_in(os.environ, project=parts.project)
    expected = frozenset(str(props["permissions"]).split(","))
    answers = call_guard(google, parts, wait_limit=wait_limit, until_good=True, expected=expected)
    if problems := answers.problems(parts):
        found = "; ".join(f"{problem} ({remedy})" for problem, remedy in problems.items())
        raise GuardTestError(
            f"the guard may not be able to stop the nodes, which cost: {found}. "
            "`scripts/guard-test` says more; `pulumi up` goes on with the rest and tests the guard again"
        )


class GuardTested(DynamicResource, module="sluice", name="GuardTested"):
    """A guard that has said that it could act."""

    def __init__(self, name: str, args: GuardTestArgs, *, parent: Resource | None, after: Sequence[Resource]) -> None:
        super().__init__(
            GuardTestProvider(),
            name,
            cast("dict[str, Any]", dict(args)),
            ResourceOptions(
                parent=parent,
                depends_on=after,
                custom_timeouts=CustomTimeouts(create=f"{2 * _WAIT_SECONDS:.0f}s", update=f"{2 * _WAIT_SECONDS:.0f}s"),
            ),
        )
