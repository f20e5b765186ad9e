"""The real providers' plugins, where this machine has them.

No package registry has them, so most machines do not; Pulumi fetches them from its own site when a person uses it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi import ResourceTransformArgs, ResourceTransformResult

from tests.cluster.kubernetes_stand_in import RELEASE, SKIP
from tests.cluster.pulumi_engine import Program

_NEEDED = {"kubernetes", "random"}
_WAIT_FOR = "pulumi.com/waitFor"


def plugins_installed(env: Mapping[str, str]) -> bool:
    """Whether the real plugins are here; SLUICE_STAND_IN=1 has the stand-ins used in any case."""
    if env.get("SLUICE_STAND_IN") == "1":
        return False
    home = Path(env.get("PULUMI_HOME") or Path(env.get("HOME", "~")).expanduser() / ".pulumi")
    return all(any(home.glob(f"plugins/resource-{name}-v*")) for name in _NEEDED)


def without_waiting(program: Program) -> Program:
    """The program, told to wait for nothing: no node and no operator are here to make anything ready."""

    def run() -> None:
        pulumi.runtime.register_resource_transform(_without_waiting)
        program()

    return run


def _without_waiting(args: ResourceTransformArgs) -> ResourceTransformResult | None:
    if not args.custom or not args.type_.startswith("kubernetes:"):
        return None
    props: dict[str, Any] = dict(args.props)
    if args.type_ == RELEASE:
        props["skipAwait"] = True
    else:
        props["metadata"] = pulumi.Output.from_input(props.get("metadata")).apply(_skipping)
    return ResourceTransformResult(props=props, opts=args.opts)


def _skipping(metadata: Any) -> dict[str, Any]:
    given = dict(metadata or {})
    annotations = {name: value for name, value in (given.get("annotations") or {}).items() if name != _WAIT_FOR}
    return {**given, "annotations": {**annotations, SKIP: "true"}}
