"""Runs Pulumi's real engine through its Automation API, with a Python program in this process."""

import json
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation import EngineEvent
from pulumi.automation.errors import CommandError
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS  # pyright: ignore[reportPrivateUsage]

# gRPC lets all channels to the same address share a connection and its state. The system gives the port of an ended
# engine to a later one, and a program that was abandoned may still keep its channel to the first: without an own pool,
# the new engine then counts as unavailable, and the program ends with "Resource monitor has terminated".
_GRPC_CHANNEL_OPTIONS.append(("grpc.use_local_subchannel_pool", 1))

Program = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One operation of the engine on a resource.

    `op` is Pulumi's operation (create, update, delete, same, …), `type` the resource type
    (kubernetes:core/v1:Secret) and `name` its name in the program.
    """

    op: str
    type: str
    name: str

    @property
    def label(self) -> str:
        """Kind and name, such as `Secret login`."""
        return f"{self.type.rpartition(':')[2]} {self.name}"


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """Result of one run of the engine; `changes` in order, without components."""

    changes: tuple[Change, ...]
    output: str = field(repr=False)
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    @property
    def changed(self) -> dict[str, str]:
        """Last operation on each changed resource, by label."""
        return {change.label: change.op for change in self.changes if change.op not in ("same", "read", "refresh")}

    def labels(self, op: str) -> list[str]:
        """Return the labels of the resources with this operation, in order."""
        return [change.label for change in self.changes if change.op == op]


class Stack:
    """A stack of a program, with its state in `folder`.

    Without a program, the checkout in work/ of `folder` is run by Pulumi's language host. `home` replaces the user's
    Pulumi folder; `policy_packs` are applied by `up` and `preview`.
    """

    def __init__(
        self,
        program: Program | None,
        *,
        name: str,
        project: str,
        folder: Path,
        pulumi: Path,
        variables: Mapping[str, str],
        settings_from: Path | None = None,
        home: Path | None = None,
        policy_packs: Sequence[Path] = (),
    ) -> None:
        for sub in ("state", "work"):
            (folder / sub).mkdir(parents=True, exist_ok=True)
        if settings_from:
            _copy_settings(settings_from, folder / "work", stack=name)
        self._state = folder / "state"
        self._policy_packs = [str(pack) for pack in policy_packs]
        backend = {"PULUMI_BACKEND_URL": f"file://{self._state}"}
        self.env = {**_SETTINGS, **variables, **backend}
        """Variables of every `pulumi` command on this stack."""
        self.command = folder / "bin/pulumi"
        """The `pulumi` command, with the stack's Pulumi folder."""
        self.folder = folder / "work"
        self.said = ""
        """All that the engine has printed."""
        options = automation.LocalWorkspaceOptions(
            work_dir=str(folder / "work"),
            env_vars=self.env,
            pulumi_command=_command(pulumi, folder, home=home),
        )
        if program:
            self._stack = automation.create_or_select_stack(name, project, program=program, opts=options)
        else:
            self._stack = automation.create_or_select_stack(name, work_dir=str(folder / "work"), opts=options)

    def configure(self, settings: Mapping[str, object]) -> None:
        """Set settings, as `pulumi config set`; a name without a project is the program's own."""
        values = {name: automation.ConfigValue(value=_written(value)) for name, value in settings.items()}
        if values:
            self._stack.set_all_config(values)

    def up(self, *, refresh: bool = False) -> RunResult:
        """`pulumi up`, with --refresh if wanted; raises CommandError with all that the engine said."""
        return self._run(self._stack.up, policy_packs=self._policy_packs, refresh=refresh)

    def preview(self, *, diff: bool = False) -> RunResult:
        """`pulumi preview`, with --diff if wanted; raises CommandError as `up` does."""
        return self._run(self._stack.preview, policy_packs=self._policy_packs, diff=diff)

    def refresh(self) -> RunResult:
        """`pulumi refresh`: read the real resources into the state."""
        return self._run(self._stack.refresh)

    def destroy(self) -> RunResult:
        """`pulumi destroy`."""
        return self._run(self._stack.destroy)

    def state(self) -> list[dict[str, Any]]:
        """Return the resources in the stored state, in which secrets are encrypted."""
        # Not by `stack export`: the Automation API has it decrypt secrets.
        (checkpoint,) = self._state.glob(f".pulumi/stacks/*/{self._stack.name}.json")
        latest = json.loads(checkpoint.read_text(encoding="utf-8"))["checkpoint"]["latest"] or {}
        return latest.get("resources", [])

    def replace_state(self, resources: Sequence[Mapping[str, Any]]) -> None:
        """Replace the stored state, as `pulumi stack import`."""
        manifest = {"time": "2026-11-26T00:00:00Z", "magic": "", "version": ""}
        deployment = {"manifest": manifest, "resources": list(resources)}
        self._stack.import_stack(automation.Deployment(version=3, deployment=deployment))

    def replace_in_state(self, replacements: Mapping[str, str]) -> None:
        """Replace texts in the stored state, such as names of resources, in this order."""
        (checkpoint,) = self._state.glob(f".pulumi/stacks/*/{self._stack.name}.json")
        text = checkpoint.read_text(encoding="utf-8")
        for old, new in replacements.items():
            text = text.replace(old, new)
        checkpoint.write_text(text, encoding="utf-8")

    def _run(self, command: Callable[..., Any], **options: Any) -> RunResult:
        events: list[EngineEvent] = []
        result = command(on_event=events.append, color="never", **options)
        self.said += result.stdout
        outputs = {name: output.value for name, output in (getattr(result, "outputs", None) or {}).items()}
        return RunResult(changes=_changes(events), output=result.stdout, outputs=outputs)


_SETTINGS = {
    "PULUMI_CONFIG_PASSPHRASE": "tests",
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
    # For a program in this process the engine ignores the project's virtual environment.
    "PULUMI_PYTHON_CMD": sys.executable,
}


def _command(pulumi: Path, folder: Path, *, home: Path | None) -> automation.PulumiCommand:
    # The API needs a folder with bin/pulumi, and asks for its version without the stack's environment.
    script = folder / "bin/pulumi"
    script.parent.mkdir(exist_ok=True)
    variables = [f"PULUMI_HOME={home}"] if home else []
    script.write_text(f'#!/bin/sh\nexec {shlex.join(["env", *variables, str(pulumi)])} "$@"\n', encoding="utf-8")
    script.chmod(0o700)
    return automation.PulumiCommand(root=str(folder), skip_version_check=True)


def _copy_settings(source: Path, target: Path, *, stack: str) -> None:
    """Copy the project's and the stack's settings files, and link the virtual environment.

    Pulumi starts dynamic resources in the virtual environment that Pulumi.yaml names.
    """
    shutil.copyfile(source / "Pulumi.yaml", target / "Pulumi.yaml")
    (target / ".venv").symlink_to(sys.prefix)
    own = source / f"Pulumi.{stack}.yaml"
    if own.exists():
        (target / own.name).write_bytes(own.read_bytes())


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _changes(events: Sequence[EngineEvent]) -> tuple[Change, ...]:
    done = [event.res_outputs_event.metadata for event in events if event.res_outputs_event]
    return tuple(
        Change(op=str(getattr(step.op, "value", step.op)), type=step.type, name=step.urn.rpartition("::")[2])
        for step in done
        if _is_made(step)
    )


def _is_made(step: Any) -> bool:
    """Return whether a resource is real: no component, stack or provider."""
    state = step.new or step.old
    return bool(state and state.custom) and not step.type.startswith("pulumi:")


__all__ = ["Change", "CommandError", "Program", "RunResult", "Stack"]
