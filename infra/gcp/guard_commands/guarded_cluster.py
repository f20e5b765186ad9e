"""The cluster that the guard stops, its Scheduler job and node pools, read from the stack's output `guard`."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

from infra.gcp.guard_call import GuardParts
from producer.runtime.exit_status import Exit, SluiceError

ROOT = Path(__file__).resolve().parents[3]
_OUTPUT = "guard"
_AUTOSCALING_FIELDS = ("minNodeCount", "maxNodeCount", "totalMinNodeCount", "totalMaxNodeCount", "locationPolicy")


@dataclass(frozen=True, kw_only=True)
class PoolSize:
    """Size of a node pool by the stack's settings: nodes per zone, and the limits of autoscaling if it is on."""

    nodes: int
    autoscaling: Mapping[str, object] | None


@dataclass(frozen=True, kw_only=True)
class CheckedParts:
    """What scripts/guard-test checks."""

    names: GuardParts
    label: str
    """The stack's label."""
    billing_account: str | None
    """None without a budget."""
    alerts: tuple[str, ...]
    """Display names of the alert policies about the guard."""
    conditional_permissions: tuple[str, ...]

    @classmethod
    def parse(cls, data: object, *, project: str, clock_job: str) -> Self:
        """Parse the field `parts`; raises ValueError that says what is wrong with it."""
        if not isinstance(data, dict):
            raise ValueError("it has no parts")
        parts = cast(dict[str, Any], data)
        return cls(
            names=GuardParts(
                project=project,
                clock_job=clock_job,
                topic=_text(parts, "topic"),
                on_budget=_text(parts, "onBudget"),
                on_clock=_text(parts, "onClock"),
            ),
            label=_text(parts, "label"),
            billing_account=parts.get("billingAccount"),
            alerts=tuple(parts.get("alerts", [])),
            conditional_permissions=tuple(parts.get("conditionalPermissions", [])),
        )


@dataclass(frozen=True, kw_only=True)
class GuardedCluster:
    """The stack's output `guard`."""

    project: str
    location: str
    cluster: str
    clock_job: str
    mode: str
    """The setting guard.mode: what the guard does when the time is up."""
    pools: Mapping[str, PoolSize]
    delete_after_days: int
    """The setting guard.deleteAfterDays; 0 for never, or in an output of before there was one."""
    parts: CheckedParts | None
    """None in the output of a stack that an earlier version brought up."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the output as JSON; raises ValueError that says what is wrong with it."""
        data = json.loads(text)
        if not isinstance(data, dict):
            raise ValueError("it is not a JSON object")
        data = cast(dict[str, Any], data)
        names = {name: _text(data, name) for name in ("project", "location", "cluster", "clockJob", "mode")}
        pools = data.get("pools")
        if not isinstance(pools, dict) or not pools:
            raise ValueError("it has no pools")
        return cls(
            project=names["project"],
            location=names["location"],
            cluster=names["cluster"],
            clock_job=names["clockJob"],
            mode=names["mode"],
            pools={name: _pool_size(name, pool) for name, pool in cast(dict[str, Any], pools).items()},
            delete_after_days=int(data.get("deleteAfterDays", 0)),
            parts=CheckedParts.parse(data["parts"], project=names["project"], clock_job=names["clockJob"])
            if "parts" in data
            else None,
        )


def read_stack_output(stack: str, *, env: Mapping[str, str]) -> GuardedCluster:
    """Run `pulumi stack output`; raises SluiceError if Pulumi or the output is missing, or it cannot be used."""
    if shutil.which("pulumi", path=env.get("PATH", "")) is None:
        raise SluiceError(
            "pulumi is needed to read the stack's output, and is not on the PATH: https://www.pulumi.com/docs/install. "
            f"Or give the stack's output {_OUTPUT} in a file: --guard FILE",
            status=Exit.UNAVAILABLE,
        )
    command = ["pulumi", "--cwd", str(ROOT), "stack", "output", _OUTPUT, "--json", "--stack", stack]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(env))
    if done.returncode:
        raise SluiceError(
            f"the stack {stack} has no output {_OUTPUT}: {done.stderr.strip()}. "
            f"Bring it up (pulumi up --stack {stack}), or name another: --stack NAME",
            status=Exit.UNAVAILABLE,
        )
    return _parse(done.stdout, f"the output {_OUTPUT} of the stack {stack}")


def read_output_file(path: Path) -> GuardedCluster:
    """Read the output from a file, for a stack whose state is elsewhere; raises SluiceError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SluiceError(
            f"{path} cannot be read: {error}. Write it again: pulumi stack output {_OUTPUT} --json"
        ) from error
    return _parse(text, str(path))


def _parse(text: str, origin: str) -> GuardedCluster:
    try:
        return GuardedCluster.parse(text)
    except ValueError as error:
        raise SluiceError(f"{origin} cannot be used: {error}. `pulumi up` writes it again") from error


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is {value!r}, not a name")
    return value


def _pool_size(name: str, pool: object) -> PoolSize:
    data = cast(dict[str, Any], pool) if isinstance(pool, dict) else {}
    nodes, autoscaling = data.get("nodes"), data.get("autoscaling")
    if isinstance(nodes, bool) or not isinstance(nodes, int | float) or nodes != int(nodes) or nodes < 0:
        raise ValueError(f"pools.{name}.nodes is {nodes!r}, not a number of nodes")
    if autoscaling is None:
        return PoolSize(nodes=int(nodes), autoscaling=None)
    if not isinstance(autoscaling, dict):
        raise ValueError(f"pools.{name}.autoscaling is not a JSON object")
    limits = cast(dict[str, object], autoscaling)
    if unknown := sorted(set(limits) - set(_AUTOSCALING_FIELDS)):
        raise ValueError(
            f"pools.{name}.autoscaling has {', '.join(unknown)}; known are {', '.join(_AUTOSCALING_FIELDS)}"
        )
    if not limits.get("maxNodeCount") and not limits.get("totalMaxNodeCount"):
        raise ValueError(f"pools.{name}.autoscaling has no maxNodeCount: a pool needs a maximum")
    return PoolSize(nodes=int(nodes), autoscaling=limits)
