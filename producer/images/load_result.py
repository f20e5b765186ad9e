"""What a load or a dry run that went through its source well has come to."""

from rich.filesize import decimal

from producer.images.image_source import ImageSource
from producer.images.selection import DEFAULT_MAX_BYTES
from producer.runtime.exit_status import Exit


def judge(
    source: ImageSource, *, images: int, rejected: int, allowed: int, size_was_chosen: bool
) -> tuple[Exit, str | None]:
    """Return the exit status, and what must be said where the user did not get what the command line asks for.

    `images` is how many were sent. `rejected` files are no failure up to `allowed`; being stopped by --max-bytes is
    none if the user set it.
    """
    if source.left_out.max_bytes.files and not size_was_chosen:
        return Exit.INCOMPLETE, _default_reached(source)
    if rejected > allowed:
        return Exit.REJECTED, None
    if not images:
        return Exit.FAILED, _nothing(source, rejected)
    return Exit.OK, None


def _default_reached(source: ImageSource) -> str:
    left = source.left_out.max_bytes
    if source.rest_unread:
        rest = (
            "of the archive" if source.size is None else f"({decimal(source.size - source.position())}) of the archive"
        )
        what = f"the rest {rest} was not read"
    else:
        what = f"{left.files:,} more ({decimal(left.size)}) were left out"
    return (
        f"stopped at {decimal(DEFAULT_MAX_BYTES)} of images, the most that is loaded without --max-bytes; {what}. "
        "--max-bytes 2GB loads more, --max-bytes all everything; --dry-run says what Redis has room for."
    )


def _nothing(source: ImageSource, rejected: int) -> str:
    if rejected:
        return f"{source.name} has no image: all {rejected:,} files were rejected"
    if source.left_out.files:
        options = ", ".join(f"--{option}" for option, tally in source.left_out.tallies().items() if tally.files)
        return f"{source.name}: nothing was chosen; all {source.left_out.files:,} files were left out by {options}"
    return f"{source.name} is empty: there is no file in it"
