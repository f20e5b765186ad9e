"""Exit statuses of the `sluice` command, each with a name."""

from enum import IntEnum


class Exit(IntEnum):
    """What the exit status of a `sluice` command means."""

    OK = 0
    """All was done: every row or image read was acknowledged, every one compared was equal."""
    FAILED = 1
    """Something did not work; the message on standard error says what, where and what to do."""
    USAGE = 2
    """The command line could not be understood."""
    REJECTED = 3
    """Every row or image is accounted for, but more were rejected than --max-rejects allows."""
    INCOMPLETE = 4
    """The source ended early, the default of --max-bytes was reached, or something was not acknowledged."""
    DIFFERENT = 5
    """The proof found rows or images missing, extra or different."""
    UNAVAILABLE = 6
    """The pipeline, or a part of it, is not there or does not answer."""
    INTERRUPTED = 130
    """Ctrl-C, after what was under way had been brought to an end."""


class SluiceError(Exception):
    """An error with a message meant for the person who typed the command.

    The message says what is wrong, where, and what to do about it.
    """

    def __init__(self, message: str, *, status: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.status = status
