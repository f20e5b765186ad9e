"""Runs a command line program: its standard streams, its signals, and how it ends when something unexpected happens."""

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
    """Standard output cannot be written."""

    def __init__(self, error: OSError) -> None:
        why = "it is closed" if error.errno == errno.EBADF else error.strerror
        super().__init__(f"standard output cannot be written: {why}. What was done before stays done")


def run(name: str, command: Callable[[], int]) -> NoReturn:
    """Run `command`, which returns an exit status, and end with it; `name` begins every message about a failure.

    A standard stream that is closed or full, a reader that has gone away, Ctrl-C, SIGTERM and an exception that nobody
    expected each end in a sentence at most.
    """
    open_streams()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: a pod is ended with it
    sys.exit(_status(name, command))


def open_streams() -> None:
    """Give the process the three standard streams, whatever the caller has closed."""
    # Opened the wrong way round, so that using what was closed fails, and no other file takes its number.
    for number, flags in ((_STDIN, os.O_WRONLY), (_STDOUT, os.O_RDONLY), (_STDERR, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, flags), True)
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] it is where it was closed
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(_STDIN, closefd=False)))
    sys.stdout = _text(_Output(io.FileIO(_STDOUT, "w", closefd=False)), like=sys.stdout)
    sys.stderr = _text(_Errors(io.FileIO(_STDERR, "w", closefd=False)), like=sys.stderr)


class _Output(io.BufferedWriter):
    """Standard output: fails once, with a sentence. What is still in the buffer then is dropped.

    Not the raw file, but the buffer above it: an interrupt in Python code between the two would write twice.
    """

    _failed = False

    def write(self, buffer: Any, /) -> int:
        return 0 if self._failed else self._tried(super().write, buffer)

    def flush(self) -> None:
        if not self._failed:
            self._tried(super().flush)

    def _tried(self, work: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return work(*arguments)
        except BrokenPipeError:
            self._failed = True
            raise
        except OSError as error:
            self._failed = True
            raise OutputError(error) from error


class _Errors(io.BufferedWriter):
    """Standard error: where it cannot be written, there is nobody to tell."""

    def write(self, buffer: Any, /) -> int:
        with suppress(OSError):
            return super().write(buffer)
        return 0

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def _text(buffer: io.BufferedWriter, *, like: Any) -> io.TextIOWrapper:
    at_once = buffer.isatty() or isinstance(buffer, _Errors) or getattr(like, "write_through", False)
    encoding = getattr(like, "encoding", None) or "utf-8"
    # What an encoding lacks is escaped: a name that is no UTF-8 is still a name.
    return io.TextIOWrapper(buffer, encoding=encoding, errors="backslashreplace", line_buffering=at_once)


def _status(name: str, command: Callable[[], int]) -> int:
    try:
        status = _called(command)
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
            Console(stderr=True).print_error(f"{name}: {_unexpected(error)}")
        else:  # a disk that is full, a folder that may not be written: what the system says is all there is to say
            Console(stderr=True).print_error(f"{name}: {_name_of(error)} cannot be used: {error.strerror}")
        return Exit.FAILED
    except Exception as error:
        Console(stderr=True).print_error(f"{name}: {_unexpected(error)}")
        return Exit.FAILED
    return status


def _called(command: Callable[[], int]) -> int:
    try:
        return command()
    except SystemExit as ended:  # argparse, after --help or a mistake in the command line
        return ended.code if isinstance(ended.code, int) else Exit.OK


def _name_of(error: OSError) -> str:
    return os.fsdecode(error.filename) if isinstance(error.filename, bytes) else str(error.filename)


def _unexpected(error: Exception) -> str:
    """A sentence for an exception that nobody expected; how it came about is written to a file."""
    what = " ".join(traceback.format_exception_only(error)).strip()
    try:
        descriptor, path = tempfile.mkstemp(prefix="sluice-error-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(traceback.format_exception(error))
    except OSError as unwritable:
        where = f"the details could not be written to a file ({unwritable.strerror or unwritable})"
    else:
        where = f"{path} has the details"
    return f"this was not expected, and is a mistake in the program: {what}. {where}; please report it with them"
