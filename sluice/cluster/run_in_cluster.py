"""Runs a `sluice` command in a cluster: sends it a source of this machine, and fetches the files that it writes."""

import os
import sys
import tarfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from typing import IO

from producer.gps.open_log import open_log
from producer.images.image_location import locate_images
from producer.images.source_kind import STDIN_HOLDS, SourceKind, detect_kind
from producer.runtime.exit_status import Exit, SluiceError
from producer.shared.load_command import choose_rejects_file
from producer.shared.output_files import STDIN_SOURCE, source_id, why_not_writable
from producer.shared.rejects_file import IMAGES, ROWS, RejectFile
from producer.sources.log_location import locate_log
from producer.sources.source_errors import READ_ERRORS, source_cut_error
from producer.sources.source_location import STDIN_NAME, display_path, file_descriptor, is_remote
from producer.sources.stored_bytes import StoredBytes, open_stored_bytes
from sluice.cluster.cluster_status import run_status
from sluice.cluster.exec_retry import run_with_retries
from sluice.cluster.forwarded_console import run_forwarded_console
from sluice.cluster.kubectl_exec import WriteStdin
from sluice.cluster.proof_job import fetch_proof_report
from sluice.cluster.toolbox_pod import StillInPodError, Toolbox
from sluice.dead_letters.letter_files import rest_path
from sluice.proof.shared.proof_arguments import check_output
from sluice.proof.shared.report_file import report_path

_OPTIONS = {"output": ("-o", "--output"), "rejects": ("--rejects",)}
"""Options that name a file which a command writes."""
_STDIO = "-"
_CHUNK = 1 << 20


def run_in_cluster(
    toolbox: Toolbox, arguments: Sequence[str], args: Namespace, *, env: Mapping[str, str], stdout: IO[bytes]
) -> Exit:
    """Run the command line `arguments`, parsed as `args`, in the cluster; return its exit status.

    Raises SluiceError if the cluster cannot be reached, a source cannot be read or a file cannot be written.
    """
    if arguments[0] == "status":
        return run_status(toolbox, arguments, args, stdout=stdout, tty=_on_terminal(stdout))
    toolbox.check()
    if arguments[0] == "console":
        return run_forwarded_console(toolbox, arguments, args, stdout=stdout)
    if getattr(args, "source", "") is None:
        return fetch_proof_report(toolbox, args.output, stdout=stdout)
    rejects = _rejects(args, env=env)
    files = _files(args, rejects, env=env)
    source = _local_source(args)
    if not source and not files and _on_terminal(stdout):
        return run_with_retries(toolbox, lambda: toolbox.interactive(arguments))
    named = {path.name: path for path in files.values() if path}
    _check_files(args, named.values())
    pod_arguments = [_STDIO if source and word == source else word for word in _pod_arguments(arguments, args, files)]
    with ExitStack() as stack:
        upload = stack.enter_context(_open_upload(source, args=args, env=env)) if source else None
        return _run(
            toolbox, pod_arguments, args, upload=upload, named=named, files=files, rejects=rejects, stdout=stdout
        )


def _run(
    toolbox: Toolbox,
    pod_arguments: Sequence[str],
    args: Namespace,
    *,
    upload: "_SourceUpload | None",
    named: Mapping[str, Path],
    files: Mapping[str, Path | None],
    rejects: RejectFile | None,
    stdout: IO[bytes],
) -> Exit:
    local_paths = {f"{toolbox.folder}/{name}": str(path.absolute()) for name, path in named.items()}
    local_paths[f"{toolbox.folder}/"] = f"{Path.cwd()}/"
    variables = _stdin_variables(upload) if upload else {}
    try:
        status = run_with_retries(
            toolbox,
            lambda: toolbox.run(
                pod_arguments,
                variables=variables,
                write_stdin=upload.write_stdin if upload else None,
                stdout=stdout,
                local_paths=local_paths,
            ),
            read_once=upload is not None and upload.read_once,
        )
        written = toolbox.files() if files else []
        for name in written:
            path = named.get(name, Path(name))
            _check_overwrite(args, path)
            toolbox.fetch(name, path)
    except StillInPodError:
        raise  # the file stays in the pod, and the message says how to fetch it
    except BaseException:
        toolbox.clean()
        raise
    toolbox.clean()
    rest = files.get("rest")
    if rest and rest.name not in written:
        rest.unlink(missing_ok=True)  # the file of an earlier run
    if rejects and status == Exit.OK and rejects.path.name not in written and (problem := rejects.remove_old()):
        sys.stderr.write(f"{problem}\n")
    return status


def _on_terminal(stdout: IO[bytes]) -> bool:
    return stdout.isatty() and sys.stdin.isatty()


def _local_source(args: Namespace) -> str | None:
    """Return the source if it is on this machine; the cluster fetches any other itself."""
    source: str | None = getattr(args, "source", None)
    return None if source is None or is_remote(source) or source.startswith("nclt:") else source


def _files(args: Namespace, rejects: RejectFile | None, *, env: Mapping[str, str]) -> dict[str, Path | None]:
    """Return the files that the command writes, by the name of their option; None if the command chooses the name.

    Raises SluiceError if one would overwrite the source or another file.
    """
    if rejects:
        return {"rejects": rejects.path}
    if hasattr(args, "file"):  # `sluice dlq write`
        return {"file": args.file, "rest": rest_path(args.file)}
    if not hasattr(args, "output") or str(args.output) == _STDIO:
        return {}
    if hasattr(args, "source"):  # a proof
        check_output(args, env=env)
        return {"output": report_path(args.output, source=source_id(args.source, env=env))}
    return {"output": Path(args.output) if args.output else None}


def _rejects(args: Namespace, *, env: Mapping[str, str]) -> RejectFile | None:
    """Return the rejects file of a load, None for other commands; raises SluiceError if it would overwrite another."""
    if not hasattr(args, "rejects"):
        return None
    if args.kind == "images":
        return choose_rejects_file(args, locate_images(args.source, env=env).base_name, columns=IMAGES, env=env)
    return choose_rejects_file(args, locate_log(args.source, env=env).base_name, columns=ROWS, env=env)


def _check_files(args: Namespace, paths: Iterable[Path]) -> None:
    """Raise SluiceError now for a file that could not be written in the end."""
    for path in paths:
        if why := why_not_writable(path):
            raise SluiceError(f"{path} cannot be written: {why}; choose another", status=Exit.USAGE)
        _check_overwrite(args, path)


def _check_overwrite(args: Namespace, path: Path) -> None:
    if getattr(args, "force", True) is False and path.exists():
        raise SluiceError(f"{path} is there already; --force writes over it", status=Exit.USAGE)


def _pod_arguments(arguments: Sequence[str], args: Namespace, files: Mapping[str, Path | None]) -> list[str]:
    """Return the command line for the pod: files to write are named without their folder."""
    if hasattr(args, "file"):
        return [args.file.name if word == str(args.file) else word for word in arguments]
    named = {name: path for name, path in files.items() if path}
    parser = ArgumentParser(add_help=False)
    for name in named:
        parser.add_argument(*_OPTIONS[name])
    others = parser.parse_known_args(arguments)[1]
    return others + [word for name, path in named.items() for word in (_OPTIONS[name][-1], path.name)]


@dataclass(frozen=True, kw_only=True)
class _SourceUpload:
    """A source of this machine that the command in the pod reads from standard input."""

    write_stdin: WriteStdin
    name: str
    """Name of the source for its format and reports; empty for a pipe."""
    holds: str
    """Kind of source: `images` or `gps`."""
    source_id: str
    """Identifies the source in reports and files of rejects."""
    read_once: bool
    """Whether the source can be read, and so sent, only once."""


def _stdin_variables(upload: _SourceUpload) -> dict[str, str]:
    """Return the environment variables that describe standard input to the command."""
    return {STDIN_NAME: upload.name, STDIN_HOLDS: upload.holds, STDIN_SOURCE: upload.source_id}


@contextmanager
def _open_upload(source: str, *, args: Namespace, env: Mapping[str, str]) -> Generator[_SourceUpload]:
    """Yield the upload of a source. It is opened only once, also if its kind is found from its first bytes."""
    if hasattr(args, "kind"):  # `load gps` or `load images`
        yield _make_upload(source, SourceKind(images=args.kind == "images"), env=env)
    else:
        with detect_kind(source, env=env) as kind:
            yield _make_upload(source, kind, env=env)


def _make_upload(source: str, kind: SourceKind, *, env: Mapping[str, str]) -> _SourceUpload:
    path = Path(os.path.abspath(source))
    if path.is_dir():
        write_stdin, name = partial(_send_folder, path), path.name
    elif kind.images or source == _STDIO:
        write_stdin, name = partial(_send_stored, source, _once(kind.raw), env=env), path.name
    else:
        write_stdin, name = partial(_send_log, source, _once(kind.raw), env=env), source
    unnamed = file_descriptor(source) is not None
    return _SourceUpload(
        write_stdin=write_stdin,
        name="" if unnamed else name,
        holds="images" if kind.images else "gps",
        source_id=source_id(source, env=env),
        read_once=unnamed or (path.exists() and not path.is_file() and not path.is_dir()),
    )


def _once(raw: StoredBytes | None) -> Callable[[], StoredBytes | None]:
    """Return a function that returns `raw` once, then None: a source that is sent again is opened again."""
    left = [raw]
    return lambda: left.pop() if left else None


def _send_folder(folder: Path, sink: IO[bytes]) -> None:
    # With the absolute path: a load takes the session from the folder that is named as a date.
    with tarfile.open(fileobj=sink, mode="w|") as archive:
        archive.add(folder)


def _send_stored(
    source: str, opened: Callable[[], StoredBytes | None], sink: IO[bytes], *, env: Mapping[str, str]
) -> None:
    """Send a source as it is stored; the command in the pod unpacks it."""
    with ExitStack() as stack:
        name = display_path(source, env=env)
        stored = opened() or stack.enter_context(open_stored_bytes(source, name=name, env=env))
        try:
            copyfileobj(stored, sink, _CHUNK)
        except BrokenPipeError:  # the command has ended
            raise
        except READ_ERRORS as error:
            raise source_cut_error(name, stored.position(), error) from error


def _send_log(
    source: str, opened: Callable[[], StoredBytes | None], sink: IO[bytes], *, env: Mapping[str, str]
) -> None:
    with open_log(source, env=env, raw=opened()) as log:
        copyfileobj(log.stream, sink, _CHUNK)
