"""A resource between the guard's grants and its functions: waits until Google applies the grants, and heals functions.

Google applies a grant about two minutes after it is made, sometimes seven. No API says when: a policy that has been
written can be read at once, and to ask as another account (testIamPermissions) needs a right to act as it, which would
have to be granted, and waited for, too. So the resource deploys a function as the guard's are deployed, with the same
accounts, archive, image registry and trigger, until that succeeds, and deletes it.

A function whose first deployment fails stays at Google, and in Pulumi's state, where the next `pulumi up` would take it
for complete. So the resource asks for the functions' states at every `pulumi up`: its output `replacements` changes for
one that is not active, which replaces it.

The state refers to the class FunctionTrialProvider by its module's name and holds none of its code: the module, the
class and the property names have to stay.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, cast

import pulumi
from pulumi import CustomTimeouts, Input, Output, Resource, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, UpdateResult
from pulumi.dynamic import Resource as DynamicResource

from infra.gcp.dynamic_provider import SentenceProvider, report_progress
from infra.gcp.function_deployment import MISSING, FunctionDeployment, function_states
from infra.gcp.google_api import Google

LIMIT_SECONDS = 600.0
PAUSE_SECONDS = 15.0
_TIMEOUT = "30m"
_HEALTHY = ("ACTIVE", "DEPLOYING")


class FunctionTrialArgs(TypedDict):
    """The trial function, and the names of the functions that are deployed after it."""

    project: str
    region: str
    name: str
    request: Mapping[str, Any]
    """A function of Cloud Functions' API (v2), with outputs in it."""
    functions: Sequence[str]


class FunctionTrialProvider(SentenceProvider):
    """Deploys a function and deletes it; asks for the states of others."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait until the trial function can be deployed."""
        _deployment(props).try_until_granted()
        return CreateResult(id_=props["name"], outs={**props, "replacements": dict.fromkeys(props["functions"], "0")})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Return a change, never a replacement, for other accounts or places, and for a function that is not active."""
        changed = _granted(_olds) != _granted(_news) or _broken(_news)
        return DiffResult(changes=bool(changed), replaces=[])

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Wait as `create` does, then have each function replaced that is not active.

        There is nothing to wait for where functions are only missing: an earlier `pulumi up` did not get that far.
        """
        broken = _broken(_news)
        if _granted(_olds) != _granted(_news) or set(broken.values()) - {MISSING}:
            _deployment(_news).try_until_granted()
        counts = {**dict.fromkeys(_news["functions"], "0"), **(_olds.get("replacements") or {})}
        counts.update({name: str(int(counts[name]) + 1) for name in broken})
        return UpdateResult(outs={**_news, "replacements": counts})


def _deployment(props: Mapping[str, Any]) -> FunctionDeployment:
    return FunctionDeployment(
        google=Google.signed_in(os.environ, project=props["project"]),
        location=_location(props),
        name=props["name"],
        request=props["request"],
        limit_seconds=props["limitSeconds"],
        pause_seconds=props["pauseSeconds"],
        report=lambda message: report_progress(props["urn"], message),
    )


def _location(props: Mapping[str, Any]) -> str:
    return f"projects/{props['project']}/locations/{props['region']}"


def _granted(props: Mapping[str, Any]) -> Sequence[Any]:
    """What roles are granted to and on: of the request, everything but the code and the functions' environment."""
    request = props["request"]
    build, trigger = request["buildConfig"], request["eventTrigger"]
    return [
        _location(props),
        build["serviceAccount"],
        build["dockerRepository"],
        build["source"]["storageSource"]["bucket"],
        request["serviceConfig"]["serviceAccountEmail"],
        trigger["serviceAccountEmail"],
        trigger["pubsubTopic"],
    ]


def _broken(props: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the functions that are not active, with their states."""
    google = Google.signed_in(os.environ, project=props["project"])
    states = function_states(google, location=_location(props), names=props["functions"])
    return {name: state for name, state in states.items() if state not in _HEALTHY}


def _urn(name: str, parent: Resource) -> str:
    """URN of the resource in a component that has no parent; from the parent's own URN it would depend on it."""
    kind = f"{parent.pulumi_resource_type}$pulumi-python:dynamic/sluice:FunctionTrial"
    return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{kind}::{name}"


class FunctionTrial(DynamicResource, module="sluice", name="FunctionTrial"):
    """The functions depend on it, and are replaced when their entry in `replacements` changes."""

    replacements: Output[Mapping[str, str]]

    def __init__(self, name: str, args: FunctionTrialArgs, *, parent: Resource, after: Sequence[Resource]) -> None:
        super().__init__(
            FunctionTrialProvider(),
            name,
            {
                **cast("dict[str, Input[Any]]", args),
                "limitSeconds": LIMIT_SECONDS,
                "pauseSeconds": PAUSE_SECONDS,
                "urn": _urn(name, parent),
                "replacements": None,
            },
            ResourceOptions(
                parent=parent,
                depends_on=after,
                custom_timeouts=CustomTimeouts(create=_TIMEOUT, update=_TIMEOUT),
            ),
        )

    def replacement_trigger(self, function: str) -> Output[str]:
        """Return the replacement trigger of a function."""
        return self.replacements.apply(lambda counts: counts[function])
