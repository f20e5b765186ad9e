"""Runs the main function of a command line program: standard streams, signals, exit status, messages of errors."""

import errno
import io
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import Console

_STDIN, _STDOUT, _STDERR = 0, 1, 2


class OutputError(SluiceError):
    """Standard output cannot be written: it is closed, or its disk is full."""

    def __init__(self, error: OSError) -> None:
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror
        super().__init__(f"standard output cannot be written: {reason}. What was done before stays done")


def run(name: str, command: Callable[[], int]) -> NoReturn:
    """Run `command` and exit with the status that it returns; `name` is the prefix of error messages.

    Any failure ends with one sentence on standard error, without a traceback: a SluiceError, a standard stream that is
    closed or full, a broken pipe (no message), Ctrl-C, SIGTERM, an unexpected exception.
    """
    open_streams()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C; Kubernetes sends it to stop a pod
    sys.exit(_run_command(name, command))


def open_streams() -> None:
    """Open the standard streams that the caller has closed, and install writers that report errors as sentences."""
    # Opened in the wrong direction, so that using the closed stream fails, and no other file gets its number.
    for number, flags in ((_STDIN, os.O_WRONLY), (_STDOUT, os.O_RDONLY), (_STDERR, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, flags), True)
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] it is where it was closed
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(_STDIN, closefd=False)))
    sys.stdout = _text_stream(_StdoutWriter(io.FileIO(_STDOUT, "w", closefd=False)), like=sys.stdout)
    sys.stderr = _text_stream(_StderrWriter(io.FileIO(_STDERR, "w", closefd=False)), like=sys.stderr)


class _StdoutWriter(io.BufferedWriter):
    """Buffered standard output that raises OutputError once, then drops everything.

    A subclass of the buffer, not of the raw file below it: an interrupt in Python code between the two would write
    twice.
    """

    _failed = False

    def write(self, buffer: Any, /) -> int:
        return 0 if self._failed else self._try(super().write, buffer)

    def flush(self) -> None:
        if not self._failed:
            self._try(super().flush)

    def _try(self, work: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return work(*arguments)
        except BrokenPipeError:
            self._failed = True
            raise
        except OSError as error:
            self._failed = True
            raise OutputError(error) from error


class _StderrWriter(io.BufferedWriter):
    """Buffered standard error that ignores errors: there is nowhere to report them."""

    def write(self, buffer: Any, /) -> int:
        with suppress(OSError):
            return super().write(buffer)
        return 0

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def _text_stream(buffer: io.BufferedWriter, *, like: Any) -> io.TextIOWrapper:
    line_buffering = buffer.isatty() or isinstance(buffer, _StderrWriter) or getattr(like, "write_through", False)
    encoding = getattr(like, "encoding", None) or "utf-8"
    # Characters that the encoding lacks are escaped: file names need not be UTF-8.
    return io.TextIOWrapper(buffer, encoding=encoding, errors="backslashreplace", line_buffering=line_buffering)


def _run_command(name: str, command: Callable[[], int]) -> int:
    try:
        status = _exit_status(command)
        sys.stdout.flush()
    except SluiceError as error:
        Console(stderr=True).print_error(f"{name}: {error}")
        return error.status
    except KeyboardInterrupt:
        Console(stderr=True).print(f"{name}: interrupted")
        return Exit.INTERRUPTED
    except BrokenPipeError:  # `… | head`
        return Exit.OK
    except OSError as error:
        if error.errno == errno.EBADF:
            Console(stderr=True).print_error(f"{name}: standard input is needed, and is closed")
        elif error.filename is None or error.strerror is None:
            Console(stderr=True).print_error(f"{name}: {report_unexpected(error)}")
        else:  # disk full, folder read-only: the system's own words suffice
            Console(stderr=True).print_error(f"{name}: {_file_name(error)} cannot be used: {error.strerror}")
        return Exit.FAILED
    except Exception as error:
        Console(stderr=True).print_error(f"{name}: {report_unexpected(error)}")
        return Exit.FAILED
    return status


def _exit_status(command: Callable[[], int]) -> int:
    try:
        return command()
    except SystemExit as exit_request:  # argparse, after --help or a mistake in the command line
        return exit_request.code if isinstance(exit_request.code, int) else Exit.OK


def _file_name(error: OSError) -> str:
    return os.fsdecode(error.filename) if isinstance(error.filename, bytes) else str(error.filename)


def report_unexpected(error: Exception) -> str:
    """Write the traceback of an unexpected exception to a temporary file and return the message for the user."""
    summary = " ".join(traceback.format_exception_only(error)).strip()
    try:
        descriptor, path = tempfile.mkstemp(prefix="sluice-error-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(traceback.format_exception(error))
    except OSError as unwritable:
        where = f"the details could not be written to a file ({unwritable.strerror or unwritable})"
    else:
        where = f"{path} has the details"
    return f"unexpected error, a bug in this program: {summary}. {where}; please report it with them"
