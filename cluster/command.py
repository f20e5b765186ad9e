"""A `sluice` command whose pipeline is on a cluster: what it reads here is sent there, what it writes comes back."""

import os
import sys
import tarfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from typing import IO

from cluster.again import until_it_ends
from cluster.jobs import fetch_proof
from cluster.remote import Feed
from cluster.status import run_status
from cluster.toolbox import StillInPodError, Toolbox
from dead_letters.write import rest_path
from exits import Exit, SluiceError
from producer.images.open import STDIN_HOLDS, is_image_source, locate_images
from producer.raw import is_remote
from producer.rejects import IMAGES, ROWS, RejectFile
from producer.sources import STDIN_NAME, locate, open_source
from proof.options import why_not_writable

_OPTIONS = {"output": ("-o", "--output"), "rejects": ("--rejects",)}
"""Options that name a file which a command writes."""
_STDIO = "-"
_CHUNK = 1 << 20


def run(
    toolbox: Toolbox, arguments: Sequence[str], args: Namespace, *, env: Mapping[str, str], stdout: IO[bytes]
) -> Exit:
    """Run the command line `arguments`, parsed as `args`, in the cluster; its exit status.

    Raises SluiceError where the cluster cannot be reached, a source here cannot be read or a file not be written.
    """
    if arguments[0] == "status":
        return run_status(toolbox, arguments, args, stdout=stdout, tty=_on_terminal(stdout))
    toolbox.check()
    files = _files(args, env=env)
    if getattr(args, "source", "") is None:
        return fetch_proof(toolbox, args.output, stdout=stdout)
    rejects = _rejects(args, files.get("rejects"))
    source = _source_here(args)
    if not source and not files and _on_terminal(stdout):
        return until_it_ends(toolbox, lambda: toolbox.interactive(arguments))
    named = {path.name: path for path in files.values() if path}
    _check_files(args, named.values())
    words = [_STDIO if source and word == source else word for word in _words(arguments, args, files)]
    sent = _sent(source, args=args, env=env) if source else None
    shown = {f"{toolbox.folder}/{name}": str(path.absolute()) for name, path in named.items()}
    shown[f"{toolbox.folder}/"] = f"{Path.cwd()}/"
    try:
        status = until_it_ends(
            toolbox,
            lambda: toolbox.run(
                words,
                variables={STDIN_NAME: sent.name, STDIN_HOLDS: sent.holds} if sent else {},
                feed=sent.feed if sent else None,
                stdout=stdout,
                shown=shown,
            ),
            read_once=sent is not None and sent.read_once,
        )
        written = toolbox.files() if files else []
        for name in written:
            to = named.get(name, Path(name))
            _refuse_to_write_over(args, to)
            toolbox.fetch(name, to)
    except StillInPodError:
        raise  # and nothing is lost
    except BaseException:
        toolbox.clean()
        raise
    toolbox.clean()
    rest = files.get("rest")
    if rest and rest.name not in written:
        rest.unlink(missing_ok=True)  # an earlier call's
    if rejects and rejects.path.name not in written:
        rejects.remove_old()
    return status


def _on_terminal(stdout: IO[bytes]) -> bool:
    return stdout.isatty() and sys.stdin.isatty()


def _source_here(args: Namespace) -> str | None:
    """The source, if it is on this machine; the cluster fetches any other itself."""
    source: str | None = getattr(args, "source", None)
    return None if source is None or is_remote(source) or source.startswith("nclt:") else source


def _files(args: Namespace, *, env: Mapping[str, str]) -> dict[str, Path | None]:
    """The files that the command writes, by the name of their option; None for a name that is the command's choice."""
    found = {name: getattr(args, name) for name in _OPTIONS if hasattr(args, name)}
    if "rejects" in found and found["rejects"] is None:
        location = locate_images(args.source, env=env) if args.kind == "images" else locate(args.source, env=env)
        found["rejects"] = Path(f"{location.base_name}.rejects.csv")
    if hasattr(args, "file"):  # `sluice dlq write`, and what it writes beside it
        found |= {"file": args.file, "rest": rest_path(args.file)}
    return {name: Path(path) if path else None for name, path in found.items() if str(path) != _STDIO}


def _rejects(args: Namespace, path: Path | None) -> RejectFile | None:
    """The file of rejects; raises SluiceError where `path` holds something else."""
    return RejectFile(path, columns=IMAGES if args.kind == "images" else ROWS) if path else None


def _check_files(args: Namespace, paths: Iterable[Path]) -> None:
    """Raise SluiceError for a file that could not be written when all is done."""
    for path in paths:
        if why := why_not_writable(path):
            raise SluiceError(f"{path} cannot be written: {why}; choose another", status=Exit.USAGE)
        _refuse_to_write_over(args, path)


def _refuse_to_write_over(args: Namespace, path: Path) -> None:
    if getattr(args, "force", True) is False and path.exists():
        raise SluiceError(f"{path} is there already; --force writes over it", status=Exit.USAGE)


def _words(arguments: Sequence[str], args: Namespace, files: Mapping[str, Path | None]) -> list[str]:
    """The command line for the pod, where a command writes into the folder that it runs in."""
    if hasattr(args, "file"):
        return [args.file.name if word == str(args.file) else word for word in arguments]
    named = {name: path for name, path in files.items() if path}
    parser = ArgumentParser(add_help=False)
    for name in named:
        parser.add_argument(*_OPTIONS[name])
    words = parser.parse_known_args(arguments)[1]
    return words + [word for name, path in named.items() for word in (_OPTIONS[name][-1], path.name)]


@dataclass(frozen=True, kw_only=True)
class _Sent:
    """A source that is on this machine, as the command in the pod is given it."""

    feed: Feed
    name: str
    holds: str
    """What kind of source it is: `images` or `gps`."""
    read_once: bool = False
    """It cannot be sent a second time."""


def _sent(source: str, *, args: Namespace, env: Mapping[str, str]) -> _Sent:
    holds = _holds(source, args=args, env=env)
    path = Path(os.path.abspath(source))
    once = path.exists() and not path.is_file()  # a pipe
    if source == _STDIO:
        return _Sent(
            feed=lambda sink: copyfileobj(sys.stdin.buffer, sink, _CHUNK), name="", holds=holds, read_once=True
        )
    if path.is_dir():
        return _Sent(feed=lambda sink: _send_folder(path, sink), name=path.name, holds=holds)
    if holds == "images":
        return _Sent(feed=lambda sink: _send_file(path, sink), name=path.name, holds=holds, read_once=once)
    return _Sent(feed=lambda sink: _send_log(source, sink, env=env), name=source, holds=holds, read_once=once)


def _holds(source: str, *, args: Namespace, env: Mapping[str, str]) -> str:
    if hasattr(args, "kind"):  # `load gps` and `load images` say it
        return args.kind
    return "images" if is_image_source(source, env=env) else "gps"


def _send_folder(folder: Path, sink: IO[bytes]) -> None:
    # By their whole path: the session is the part of it that is a date.
    with tarfile.open(fileobj=sink, mode="w|") as archive:
        archive.add(folder)


def _send_file(path: Path, sink: IO[bytes]) -> None:
    with path.open("rb") as file:
        copyfileobj(file, sink, _CHUNK)


def _send_log(source: str, sink: IO[bytes], *, env: Mapping[str, str]) -> None:
    with open_source(source, env=env) as log:
        copyfileobj(log.stream, sink, _CHUNK)
