"""Use of the real provider plugins, if they are installed.

They are in no package registry; Pulumi downloads them from its own site, so most test machines lack them.
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
    """Return whether the real plugins are installed; False if SLUICE_STAND_IN=1, which forces the stand-ins."""
    if env.get("SLUICE_STAND_IN") == "1":
        return False
    home = Path(env.get("PULUMI_HOME") or Path(env.get("HOME", "~")).expanduser() / ".pulumi")
    return all(any(home.glob(f"plugins/resource-{name}-v*")) for name in _NEEDED)


def without_waiting(program: Program) -> Program:
    """Return the program with readiness waits disabled: there is no node and no operator."""

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
