"""Entry point of the `sluice` command: parses the command line, runs the command, prints errors."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.run_program import run as run_program
from producer.runtime.terminal import Console, argument_parser
from sluice.cluster.target import is_cluster, kubectl_context
from sluice.cluster.toolbox_pod import NAMESPACE, Toolbox
from sluice.target_pipeline import EXTERNAL, LOCAL, LOCAL_PACKAGE, TargetPipeline, default_target

Command = Callable[[argparse.Namespace, Mapping[str, str]], Exit]


def run() -> NoReturn:
    """Entry point of the `sluice` command."""
    run_program("sluice", lambda: main(sys.argv[1:], env=os.environ))


def main(arguments: Sequence[str], *, env: Mapping[str, str]) -> Exit:
    """Run one command line and return its exit status; errors are printed to standard error."""
    args = parser((_without_options(arguments) or [""])[0]).parse_args(arguments)
    try:
        return _run_command(args, arguments, env)
    except SluiceError as error:
        _stderr().print_error(f"sluice: {error}")
        return error.status
    except ModuleNotFoundError as error:
        _stderr().print_error(f"sluice: {_missing_package(error)}")
        return Exit.USAGE
    except KeyboardInterrupt:
        _stderr().print("sluice: interrupted")
        return Exit.INTERRUPTED
    except BrokenPipeError:  # `sluice messages … | head`
        return Exit.OK


def _missing_package(error: ModuleNotFoundError) -> str:
    """Explain a missing package: an image holds only some of ours, and pip installs extras only when asked."""
    name = error.name or ""
    if name == LOCAL_PACKAGE:
        return (
            "this installation holds no local pipeline. Say where the pipeline is by SLUICE_* variables and "
            "--target external; sluice up and down are commands of a checkout (scripts/sluice)"
        )
    package = name.partition(".")[0]
    return f"the package {package} is not installed, and this command needs it: scripts/setup installs all of them"


def _run_command(args: argparse.Namespace, arguments: Sequence[str], env: Mapping[str, str]) -> Exit:
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
    """Return the command line from the command on, without the options before it."""
    top = argparse.ArgumentParser(add_help=False)
    for option in ("--state", "--target", "--namespace"):
        top.add_argument(option, nargs="?")  # a missing value is reported by the whole parser
    top.add_argument("rest", nargs=argparse.REMAINDER)
    known, _ = top.parse_known_args(arguments)
    return known.rest


def _target(text: str) -> str:
    if text in (LOCAL, EXTERNAL) or is_cluster(text):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is not local, external, kind, gke or context:NAME")


def parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of all commands; of one named, if `command` says so: the others then have no arguments.

    A command imports what it needs: all of them together take half a second.
    """
    top = argument_parser(
        prog="sluice",
        description="GPS logs and camera images through Kafka Connect into MySQL and Redis.",
        epilog="Exit statuses: " + ", ".join(f"{status.value} {status.name.lower()}" for status in Exit),
    )
    top.add_argument("--state", type=Path, metavar="DIR", help="folder of the local pipeline (or $SLUICE_STATE)")
    top.add_argument(
        "--target",
        type=_target,
        default=default_target(),
        metavar="TARGET",
        help="where the pipeline runs: local, on this machine with the folder --state (the default); kind, the cluster "
        "of scripts/kind-up; gke, the stack on Google Cloud; context:NAME, the cluster of a kubectl context; external, "
        "where SLUICE_* variables say",
    )
    top.add_argument("--namespace", default=NAMESPACE, metavar="NAME", help="on a cluster (default: %(default)s)")
    top.set_defaults(in_cluster=True)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (summary, add_arguments) in _COMMANDS.items():
        added = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if command in (None, name):
            add_arguments(added)
    return top


def _add_up(up: argparse.ArgumentParser) -> None:
    up.add_argument("--workers", type=int, metavar="N", help="Connect workers (default: as many as k8s/connect.yaml)")
    up.add_argument(
        "--port-base", type=int, metavar="N", help="first of its ports (default: as before; 19090 for a new pipeline)"
    )
    up.add_argument(
        "--redis-memory",
        type=int,
        metavar="MIB",
        help="memory limit of Redis in MiB (default: as before; 512 for a new pipeline)",
    )
    up.add_argument("--json", action="store_true", help="print its endpoints as one JSON object")
    up.set_defaults(command=_up, in_cluster=False)


def _up(args: argparse.Namespace, env: Mapping[str, str]) -> Exit:
    from sluice.local.up_command import run_up

    return run_up(args, env=env, console=_stdout(), errors=_stderr())


def _add_down(down: argparse.ArgumentParser) -> None:
    down.add_argument("--purge", action="store_true", help="remove its data, passwords and logs as well")
    down.set_defaults(command=_down, in_cluster=False)


def _down(args: argparse.Namespace, env: Mapping[str, str]) -> Exit:
    from sluice.local.up_command import run_down

    return run_down(args, env=env, errors=_stderr())


def _add_load(load: argparse.ArgumentParser) -> None:
    from producer.command import add_load_arguments, run

    add_load_arguments(load.add_subparsers(title="what to load", metavar="KIND", dest="kind", required=True))
    load.set_defaults(
        command=lambda args, env: run(args, env=TargetPipeline(args, env).load_variables(), console=_stdout())
    )


def _add_status(status: argparse.ArgumentParser) -> None:
    from sluice.view.command import add_status_arguments, run_status

    add_status_arguments(status)
    status.set_defaults(
        command=lambda args, env: run_status(args, console=_stdout(), fetch=TargetPipeline(args, env).status)
    )


def _add_console(console: argparse.ArgumentParser) -> None:
    from sluice.console.command import add_console_arguments, run_console

    add_console_arguments(console)
    console.set_defaults(
        command=lambda args, env: run_console(args, console=_stdout(), pipeline=TargetPipeline(args, env))
    )


def _add_messages(messages: argparse.ArgumentParser) -> None:
    from sluice.view.command import add_messages_arguments, run_messages

    add_messages_arguments(messages)
    messages.set_defaults(
        command=lambda args, env: run_messages(
            args, console=_stdout(), errors=_stderr(), endpoints=TargetPipeline(args, env).endpoints
        )
    )


def _add_dlq(dlq: argparse.ArgumentParser) -> None:
    from sluice.dead_letters.command import add_dlq_arguments, run_dlq

    add_dlq_arguments(dlq)
    dlq.set_defaults(
        command=lambda args, env: run_dlq(
            args, console=_stdout(), errors=_stderr(), endpoints=TargetPipeline(args, env).endpoints
        )
    )


def _add_proof(proof: argparse.ArgumentParser) -> None:
    from sluice.proof.command import add_arguments, run
    from sluice.proof.shared.proof_notes import ProofNotes

    add_arguments(proof)
    proof.set_defaults(
        command=lambda args, env: run(
            args,
            env=env,
            console=_stdout(),
            endpoints=TargetPipeline(args, env).endpoints,
            notes=ProofNotes(TargetPipeline(args, env).proofs_folder),
        )
    )


def _add_get(get: argparse.ArgumentParser) -> None:
    from sluice.proof.images.get_command import add_get_arguments, run_get

    add_get_arguments(get)
    get.set_defaults(
        command=lambda args, env: run_get(
            args,
            env=env,
            console=_stdout(),
            errors=_stderr(),
            stdout=sys.stdout.buffer,
            endpoints=TargetPipeline(args, env).endpoints,
        )
    )


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "up": ("start the pipeline on this machine", _add_up),
    "down": ("end the pipeline's processes; its data stays", _add_down),
    "status": ("show processes, topics, connectors, lag and rows", _add_status),
    "load": ("load a source into Kafka", _add_load),
    "console": ("serve a web page that shows the pipeline, and print its URL", _add_console),
    "messages": ("show the records of a topic", _add_messages),
    "dlq": ("dead letters: list, show, write to a file, send again", _add_dlq),
    "proof": ("compare a source with what the database or Redis holds", _add_proof),
    "get": ("write an image that Redis holds to a file", _add_get),
}
"""Each command's line in `sluice --help`, and the function that adds its arguments."""


def _stdout() -> Console:
    return Console()


def _stderr() -> Console:
    return Console(stderr=True)


if __name__ == "__main__":
    run()
