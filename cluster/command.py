"""A `sluice` command whose pipeline is on a cluster: what it reads here is sent there, what it writes comes back."""

import os
import sys
import tarfile
from argparse import ArgumentParser, Namespace
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from typing import IO

from cluster.jobs import fetch_proof
from cluster.toolbox import Feed, StillInPodError, Toolbox
from exits import Exit, SluiceError
from producer.images.open import STDIN_HOLDS, Told, locate_images, tell_apart
from producer.raw import Raw, descriptor, is_remote, open_raw
from producer.rejects import IMAGES, ROWS, RejectFile
from producer.sources import STDIN_NAME, cut_short, locate, open_source, shown_path
from producer.unpack import READ_ERRORS
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
    toolbox.check()
    files = _files(args, env=env)
    if getattr(args, "source", "") is None:
        return fetch_proof(toolbox, args.output, stdout=stdout)
    rejects = _rejects(args, files.get("rejects"))
    source = _source_here(args)
    if not source and not files and stdout.isatty() and sys.stdin.isatty():
        return Exit(toolbox.interactive(arguments))
    named = {path.name: path for path in files.values() if path}
    _check_files(args, named.values())
    words = [_STDIO if source and word == source else word for word in _words(arguments, files)]
    with ExitStack() as stack:
        sent = stack.enter_context(_sending(source, args=args, env=env)) if source else None
        return _run(toolbox, words, args, sent=sent, named=named, files=files, rejects=rejects, stdout=stdout)


def _run(
    toolbox: Toolbox,
    words: Sequence[str],
    args: Namespace,
    *,
    sent: "_Sent | None",
    named: Mapping[str, Path],
    files: Mapping[str, Path | None],
    rejects: RejectFile | None,
    stdout: IO[bytes],
) -> Exit:
    shown = {f"{toolbox.folder}/{name}": str(path.absolute()) for name, path in named.items()}
    shown[f"{toolbox.folder}/"] = f"{Path.cwd()}/"
    try:
        status = toolbox.run(
            words,
            variables={STDIN_NAME: sent.name, STDIN_HOLDS: sent.holds} if sent else {},
            feed=sent.feed if sent else None,
            stdout=stdout,
            shown=shown,
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
    if rejects and rejects.path.name not in written:
        rejects.remove_old()
    return Exit(status)


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


def _words(arguments: Sequence[str], files: Mapping[str, Path | None]) -> list[str]:
    """The command line for the pod, where a command writes into the folder that it runs in."""
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


@contextmanager
def _sending(source: str, *, args: Namespace, env: Mapping[str, str]) -> Generator[_Sent]:
    """Make a source ready to be sent; it is opened once, also where it must be looked into to know what it is."""
    if hasattr(args, "kind"):  # `load gps` and `load images` say it
        yield _sent(source, Told(images=args.kind == "images"), env=env)
    else:
        with tell_apart(source, env=env) as told:
            yield _sent(source, told, env=env)


def _sent(source: str, told: Told, *, env: Mapping[str, str]) -> _Sent:
    holds = "images" if told.images else "gps"
    path = Path(os.path.abspath(source))
    if path.is_dir():
        return _Sent(feed=lambda sink: _send_folder(path, sink), name=path.name, holds=holds)
    piped = descriptor(source) is not None
    if told.images or source == _STDIO:
        feed = partial(_send_stored, source, told.raw, env=env)
        return _Sent(feed=feed, name="" if piped else path.name, holds=holds)
    return _Sent(feed=partial(_send_log, source, told.raw, env=env), name="" if piped else source, holds=holds)


def _send_folder(folder: Path, sink: IO[bytes]) -> None:
    # By their whole path: the session is the part of it that is a date.
    with tarfile.open(fileobj=sink, mode="w|") as archive:
        archive.add(folder)


def _send_stored(source: str, raw: Raw | None, sink: IO[bytes], *, env: Mapping[str, str]) -> None:
    """Send a source as it is stored: the command there unpacks it."""
    with ExitStack() as stack:
        name = shown_path(source, env=env)
        stored = raw or stack.enter_context(open_raw(source, name=name, env=env))
        try:
            copyfileobj(stored, sink, _CHUNK)
        except BrokenPipeError:  # the command has ended
            raise
        except READ_ERRORS as error:
            raise cut_short(name, stored.position(), error) from error


def _send_log(source: str, raw: Raw | None, sink: IO[bytes], *, env: Mapping[str, str]) -> None:
    with open_source(source, env=env, raw=raw) as log:
        copyfileobj(log.stream, sink, _CHUNK)
