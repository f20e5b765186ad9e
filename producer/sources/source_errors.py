"""Errors while a source is read: it is cut, damaged, or its connection broke."""

import lzma
import tarfile
import zlib

from producer.runtime.exit_status import Exit, SluiceError

READ_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.TarError)
"""Exceptions that reading a damaged file or a broken connection can raise."""


class SourceCutError(SluiceError):
    """The source could not be read to its end. What was read before the error has already been returned."""

    def __init__(self, message: str, *, is_cut: bool = True) -> None:
        super().__init__(message, status=Exit.INCOMPLETE)
        self.is_cut = is_cut
        """True if the stored source is cut or damaged: reading again fails again. False if a connection broke."""


def source_cut_error(name: str, position: int, error: BaseException) -> SourceCutError:
    """Return the SourceCutError for source `name`, where `error` was raised after `position` bytes."""
    cause = str(error) or type(error).__name__
    return SourceCutError(
        f"{name} could not be read to its end: {cause} ({position:,} bytes were read)",
        is_cut=not isinstance(error, ConnectionError),
    )
