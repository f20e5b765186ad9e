"""The `sluice` command: parses, calls, prints."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.run_program import run as run_program
from producer.runtime.terminal import Console, argument_parser, write_json
from sluice.cluster.target import is_cluster, kubectl_context
from sluice.cluster.toolbox_pod import NAMESPACE, Toolbox
from sluice.view.endpoints import Endpoints

if TYPE_CHECKING:
    from sluice.view.pipeline_status import ProcessStatus

LOCAL, EXTERNAL = "local", "external"
_LOCAL_PACKAGE = "sluice.local"
Command = Callable[[argparse.Namespace, Mapping[str, str]], Exit]


def run() -> NoReturn:
    """Entry point of the `sluice` command."""
    run_program("sluice", lambda: main(sys.argv[1:], env=os.environ))


def main(arguments: Sequence[str], *, env: Mapping[str, str]) -> Exit:
    """Run one command line; the exit status."""
    args = parser().parse_args(arguments)
    try:
        return _run(args, arguments, env)
    except SluiceError as error:
        _stderr().print_error(f"sluice: {error}")
        return error.status
    except ModuleNotFoundError as error:
        _stderr().print_error(f"sluice: {_what_is_missing(error)}")
        return Exit.USAGE
    except KeyboardInterrupt:
        _stderr().print("sluice: interrupted")
        return Exit.INTERRUPTED
    except BrokenPipeError:  # `sluice messages … | head`
        return Exit.OK


def _what_is_missing(error: ModuleNotFoundError) -> str:
    """Say what an installation lacks: an image holds a part of the program, and pip installs extras when asked."""
    name = error.name or ""
    if name == _LOCAL_PACKAGE:
        return (
            "this installation holds no embedded pipeline. Say where the pipeline is by SLUICE_* variables and "
            "--target external; sluice up and down are commands of a checkout (scripts/sluice)"
        )
    package = name.partition(".")[0]
    return f"the package {package} is not installed, and this command needs it: scripts/setup installs all of them"


def _default_target() -> str:
    """The embedded pipeline; in an image, which has none, the one that the variables name."""
    return LOCAL if find_spec(_LOCAL_PACKAGE) else EXTERNAL


def _run(args: argparse.Namespace, arguments: Sequence[str], env: Mapping[str, str]) -> Exit:
    command: Command = args.command
    if not is_cluster(args.target):
        return command(args, env)
    from sluice.cluster.run_in_cluster import run_in_cluster

    if not args.in_cluster:
        raise SluiceError(
            "up and down are for this machine; for a cluster: pulumi up, pulumi destroy", status=Exit.USAGE
        )
    toolbox = Toolbox(context=kubectl_context(args.target), namespace=args.namespace)
    return run_in_cluster(toolbox, _without_options(arguments), args, env=env, stdout=sys.stdout.buffer)


def _without_options(arguments: Sequence[str]) -> list[str]:
    """The command line without the options that come before the command."""
    top = argparse.ArgumentParser(add_help=False)
    for option in ("--state", "--target", "--namespace"):
        top.add_argument(option)
    top.add_argument("rest", nargs=argparse.REMAINDER)
    return top.parse_args(arguments).rest


def _target(text: str) -> str:
    if text in (LOCAL, EXTERNAL) or is_cluster(text):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is not local, external, kind, gke or context:NAME")


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argument_parser(
        prog="sluice",
        description="GPS logs and camera images through Kafka Connect into MySQL and Redis.",
        epilog="Exit statuses: " + ", ".join(f"{status.value} {status.name.lower()}" for status in Exit),
    )
    top.add_argument("--state", type=Path, metavar="DIR", help="folder of the embedded pipeline (or $SLUICE_STATE)")
    top.add_argument(
        "--target",
        type=_target,
        default=_default_target(),
        metavar="PLACE",
        help="where the pipeline is: local, the embedded one of --state (the default); kind, the cluster of "
        "scripts/kind-up; gke, the stack on Google Cloud; context:NAME, the cluster of a kubectl context; external, "
        "where SLUICE_* variables say",
    )
    top.add_argument("--namespace", default=NAMESPACE, metavar="NAME", help="on a cluster (default: %(default)s)")
    top.set_defaults(in_cluster=True)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_up(commands)
    _add_down(commands)
    _add_status(commands)
    _add_load(commands)
    _add_messages(commands)
    _add_dlq(commands)
    _add_proof(commands)
    _add_get(commands)
    return top


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # pyright: ignore[reportPrivateUsage] it has no public name


def _add_up(commands: Commands) -> None:
    up = commands.add_parser("up", help="bring the pipeline up on this machine")
    up.add_argument("--workers", type=int, metavar="N", help="Connect workers (default: as many as k8s/connect.yaml)")
    up.add_argument("--port-base", type=int, metavar="N", help="first of the ports to listen on (default: 19090)")
    up.add_argument("--redis-memory", type=int, metavar="MIB", help="how much Redis may hold (default: 512)")
    up.add_argument("--json", action="store_true", help="print where it is as one JSON object")
    up.set_defaults(command=_up, in_cluster=False)


def _up(args: argparse.Namespace, env: Mapping[str, str]) -> Exit:
    from sluice.local.up import up

    begun = time.monotonic()
    done = up(
        _state(args, env),
        port_base=args.port_base,
        workers=args.workers,
        redis_megabytes=args.redis_memory,
        env=env,
        say=_say(begun),
    )
    seconds, state = time.monotonic() - begun, str(done.instance.state)
    troubles = [trouble.text for trouble in done.troubles]
    if args.json:
        where = {name: value for name, value in done.instance.endpoint_variables().items() if "PASSWORD" not in name}
        found = {"state": state, "seconds": seconds, "endpoints": where, "troubles": troubles}
        write_json(found, sys.stdout, indent=2)
    elif troubles:
        _stdout().print(f"up in {seconds:.1f} s, in {state}, but not all of it works", soft_wrap=True)
    else:
        _stdout().print(f"up in {seconds:.1f} s, in {state}", soft_wrap=True)
        _stdout().print(
            "next: sluice load gps SOURCE, sluice load images SOURCE, sluice status, sluice proof SOURCE, sluice down"
        )
    for text in troubles:
        _stderr().print_error(f"sluice: {text}")
    return done.status


def _add_down(commands: Commands) -> None:
    down = commands.add_parser("down", help="end the pipeline's processes; its data stays")
    down.add_argument("--purge", action="store_true", help="remove its data, passwords and logs as well")
    down.set_defaults(command=_down, in_cluster=False)


def _down(args: argparse.Namespace, env: Mapping[str, str]) -> Exit:
    from sluice.local.instance import Instance
    from sluice.local.up import down

    down(Instance.open(_state(args, env)), purge=args.purge, say=_say(time.monotonic()))
    return Exit.OK


def _add_load(commands: Commands) -> None:
    from producer.command import add_load_arguments, run

    load = commands.add_parser("load", help="load a source into Kafka")
    add_load_arguments(load.add_subparsers(title="what to load", metavar="KIND", dest="kind", required=True))
    load.set_defaults(command=lambda args, env: run(args, env=_load_env(args, env), console=_stdout()))


def _add_status(commands: Commands) -> None:
    from sluice.view.command import add_status_arguments, run_status

    status = commands.add_parser("status", help="show processes, topics, connectors, lag and rows")
    add_status_arguments(status)
    status.set_defaults(
        command=lambda args, env: run_status(
            args,
            env=env,
            console=_stdout(),
            endpoints=_endpoints(args, env),
            processes=lambda: _processes(args, env),
            failing=lambda: _failing(args, env),
        )
    )


def _add_messages(commands: Commands) -> None:
    from sluice.view.command import add_messages_arguments, run_messages

    messages = commands.add_parser("messages", help="show the messages of a topic")
    add_messages_arguments(messages)
    messages.set_defaults(
        command=lambda args, env: run_messages(args, env=env, console=_stdout(), endpoints=_endpoints(args, env))
    )


def _add_dlq(commands: Commands) -> None:
    from sluice.dead_letters.command import add_dlq_arguments, run_dlq

    dlq = commands.add_parser("dlq", help="dead letters: list, show, write to a file, send again")
    add_dlq_arguments(dlq)
    dlq.set_defaults(
        command=lambda args, env: run_dlq(
            args, env=env, console=_stdout(), errors=_stderr(), endpoints=_endpoints(args, env)
        )
    )


def _add_proof(commands: Commands) -> None:
    from sluice.proof.command import add_arguments, run

    proof = commands.add_parser("proof", help="compare a source with what the database or Redis holds")
    add_arguments(proof)
    proof.set_defaults(command=lambda args, env: run(args, env=env, console=_stdout(), endpoints=_endpoints(args, env)))


def _add_get(commands: Commands) -> None:
    from sluice.proof.images.get_command import add_get_arguments, run_get

    get = commands.add_parser("get", help="write an image that Redis holds to a file")
    add_get_arguments(get)
    get.set_defaults(
        command=lambda args, env: run_get(
            args,
            env=env,
            console=_stdout(),
            errors=_stderr(),
            stdout=sys.stdout.buffer,
            endpoints=_endpoints(args, env),
        )
    )


def _state(args: argparse.Namespace, env: Mapping[str, str]) -> Path:
    from sluice.local.instance import default_state

    return args.state.absolute() if args.state else default_state(env)


def _endpoints(args: argparse.Namespace, env: Mapping[str, str]) -> Endpoints:
    return Endpoints.from_env(_endpoints_env(args, env))


def _endpoints_env(args: argparse.Namespace, env: Mapping[str, str]) -> Mapping[str, str]:
    """The caller's environment, with the variables of place.py that hold for the target."""
    if args.target == EXTERNAL:
        return env
    from sluice.local.instance import Instance

    return {**env, **Instance.open(_state(args, env)).endpoint_variables()}


def _load_env(args: argparse.Namespace, env: Mapping[str, str]) -> Mapping[str, str]:
    try:
        return _endpoints_env(args, env)
    except SluiceError:
        if getattr(args, "dry_run", False):  # it needs no pipeline
            return env
        raise


def _failing(args: argparse.Namespace, env: Mapping[str, str]) -> tuple[str, ...]:
    """The connectors of the embedded pipeline that have failed a moment ago."""
    if args.target == EXTERNAL:
        return ()
    from sluice.local.auto_restart import recent_failures
    from sluice.local.instance import Instance

    return recent_failures(Instance.open(_state(args, env)))


def _processes(args: argparse.Namespace, env: Mapping[str, str]) -> "list[ProcessStatus] | None":
    """The embedded pipeline's processes, those missing included; None where the pipeline is elsewhere."""
    if args.target == EXTERNAL:
        return None
    from sluice.local.instance import Instance
    from sluice.local.processes import running_processes
    from sluice.view.pipeline_status import RUNNING, ProcessStatus

    instance = Instance.open(_state(args, env))
    found = {entry.name: entry for entry in running_processes(instance)}
    return [
        ProcessStatus(
            name=name,
            pid=found[name].pid,
            memory_bytes=found[name].memory_bytes,
            uptime_seconds=found[name].uptime_seconds,
            state=RUNNING,
        )
        if name in found
        else ProcessStatus(name=name, pid=0, memory_bytes=0, uptime_seconds=0, state="not running")
        for name in instance.process_names
    ]


def _say(begun: float) -> Callable[[str], None]:
    console = _stderr()
    return lambda text: console.print(f"{time.monotonic() - begun:6.1f} s  {text}", soft_wrap=True)


def _stdout() -> Console:
    return Console()


def _stderr() -> Console:
    return Console(stderr=True)


if __name__ == "__main__":
    run()
