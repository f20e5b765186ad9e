"""Runs a Pulumi program without an engine, against a monitor that records the requested resources."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.mocks import MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.proto import resource_pb2

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A value that Pulumi treats as secret."""

    value: Any = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A resource that the program requested."""

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    """As the engine receives them, with secrets wrapped in Secret."""
    dependencies: tuple[str, ...]
    provider: str
    parent: str
    wait_create: str
    ignore_changes: tuple[str, ...]
    aliases: tuple[tuple[str, str], ...]
    """Former names and types; '' where it has not changed."""
    replacement_trigger: Any = None
    delete_before_replace: bool = False
    retain_on_delete: bool = False

    @property
    def is_component(self) -> bool:
        return self.type.startswith("sluice:")

    @property
    def kind(self) -> str:
        return self.type.rpartition(":")[2]

    @property
    def metadata(self) -> Mapping[str, Any]:
        return self.inputs["metadata"]

    @property
    def plain(self) -> Any:
        """The inputs, with secrets unwrapped."""
        return unwrapped(self.inputs)


def unwrapped(value: Any) -> Any:
    if isinstance(value, Secret):
        return unwrapped(value.value)
    if isinstance(value, dict):
        return {key: unwrapped(entry) for key, entry in value.items()}
    return [unwrapped(entry) for entry in value] if isinstance(value, list) else value


def _wrapped(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return Secret(value=_wrapped(value["value"]))
        return {key: _wrapped(entry) for key, entry in value.items()}
    return [_wrapped(entry) for entry in value] if isinstance(value, list) else value


class Answers(Mocks):
    """Outputs of the engine: the inputs, and invented passwords."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        made = {"result": f"password-of-{args.name}"} if args.typ.endswith(":RandomPassword") else {}
        return args.name, {**args.inputs, **made}

    def call(self, args: Any) -> Any:
        raise AssertionError(f"the program calls {args.token}: a preview without a cluster would fail")


class _Monitor(MockMonitor):
    def __init__(self, answers: Mocks) -> None:
        super().__init__(answers)
        self.made: list[Made] = []

    def RegisterResource(self, request: Any) -> "resource_pb2.RegisterResourceResponse":  # noqa: N802
        answer = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            self.made.append(
                Made(
                    urn=answer.urn,
                    type=request.type,
                    name=request.name,
                    inputs=_wrapped(MessageToDict(request.object)),
                    dependencies=tuple(request.dependencies),
                    provider=request.provider,
                    parent=request.parent,
                    wait_create=request.customTimeouts.create,
                    ignore_changes=tuple(request.ignoreChanges),
                    aliases=tuple((alias.spec.name, alias.spec.type) for alias in request.aliases),
                    replacement_trigger=MessageToDict(request.replacement_trigger),
                    delete_before_replace=request.deleteBeforeReplace,
                    retain_on_delete=request.retainOnDelete,
                )
            )
        return answer


def run(program: Callable[[], object], *, answers: Mocks | None = None, stack: str = "test") -> list[Made]:
    """Run a program, with everything that it applies; returns the requested resources in order."""
    answers = answers or Answers()
    monitor = _Monitor(answers)
    set_mocks(answers, project="sluice", stack=stack, monitor=monitor)

    @pulumi.runtime.test
    def to_its_end() -> None:
        program()

    to_its_end()
    return monitor.made


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every nested value, with its path."""
    yield path, value
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from walk(entry, (*path, str(key)))
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            yield from walk(entry, (*path, str(number)))
