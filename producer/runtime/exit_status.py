"""Exit statuses of the `sluice` command by name, and SluiceError, which ends a command with one of them."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit status of a `sluice` command."""

    OK = 0
    """Success: every row or image read was acknowledged by Kafka, every one compared was equal."""
    FAILED = 1
    """An error; the message on standard error says what failed, where, and what to do."""
    USAGE = 2
    """A mistake in the command line."""
    REJECTED = 3
    """Every row or image is accounted for, but more were rejected than --max-rejects allows."""
    INCOMPLETE = 4
    """The source ended early, the default of --max-bytes was reached, or something was not acknowledged."""
    DIFFERENT = 5
    """The proof found rows or images missing, extra or different."""
    UNAVAILABLE = 6
    """The pipeline, or a part of it, does not run or does not answer."""
    INTERRUPTED = 130
    """Ctrl-C or SIGTERM; the work in progress was ended cleanly first."""


class SluiceError(Exception):
    """An error that ends the command: its message goes to standard error, `status` is the exit status.

    The message is for the user: what is wrong, where, and what to do about it. No traceback is shown.
    """

    def __init__(self, message: str, *, status: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.status = status
