"""Report of a load of images."""

from dataclasses import dataclass
from typing import Any

from rich.filesize import decimal

from producer.images.reject_reasons import ImageReason
from producer.images.selection import LeftOut
from producer.shared.base_report import BaseLoadReport


@dataclass(frozen=True, kw_only=True)
class ImageLoadReport(BaseLoadReport):
    """Result of a load of images: every file found is acknowledged, rejected, left out or failed."""

    size: int
    """Bytes of the acknowledged images."""
    left_out: LeftOut
    rest_unread: bool
    """Whether the archive has more files, which were not read because --limit or --max-bytes was reached."""
    max_message_bytes: int | None
    """The topic's max.message.bytes; an image that makes a larger record is rejected as too large."""

    @property
    def files(self) -> int:
        """Files found in the source."""
        return self.acknowledged + self.rejected.total() + self.left_out.files + self.failed

    @property
    def bytes_per_second(self) -> float:
        """Acknowledged bytes per second."""
        return self.size / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return what --json prints."""
        return {
            "source": self.source,
            "files": self.files,
            "acknowledged": self.acknowledged,
            "bytes": self.size,
            "rejected": self._rejected_by_id(),
            "left_out": self.left_out.as_json(),
            "rest_unread": self.rest_unread,
            "failed": self.failed,
            "max_message_bytes": self.max_message_bytes,
            "tombstones": self.tombstones,
            "seconds": round(self.seconds, 3),
            "bytes_per_second": round(self.bytes_per_second),
            "complete": self.complete,
            "problem": self.problem,
            "rejects_file": str(self.rejects_file) if self.rejects_file else None,
        }

    def as_lines(self) -> list[str]:
        """Return the report as lines of text."""
        counts = f"{self.acknowledged:,} of {self.files:,} files"
        if self.tombstones:
            lines = [f"{self.source}: {counts} deleted in {self.seconds:,.1f} s"]
        else:
            speed = f"in {self.seconds:,.1f} s, {decimal(round(self.bytes_per_second))} a second"
            lines = [f"{self.source}: {counts} loaded, {decimal(self.size)} {speed}"]
        lines += self._rejected_lines(unit="files", file=self.rejects_file)
        if self.rejected[ImageReason.TOO_LARGE] and self.max_message_bytes is not None:
            lines.append(f"a record may have {self.max_message_bytes:,} bytes: max.message.bytes of the topic")
        lines += left_out_lines(self.left_out, rest_unread=self.rest_unread)
        if self.failed:
            lines.append(f"{self.failed:,} images not acknowledged")
        return lines


def left_out_lines(left_out: LeftOut, *, rest_unread: bool) -> list[str]:
    """Return lines about what a selection left out; none if it left out nothing."""
    lines = [
        f"{tally.files:,} {'file' if tally.files == 1 else 'files'} ({decimal(tally.size)}) left out by --{option}"
        for option, tally in left_out.tallies().items()
        if tally.files
    ]
    return [*lines, "the rest of the archive was not read"] if rest_unread else lines
