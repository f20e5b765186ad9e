"""`sluice load images --dry-run`: what a load would send, and whether Redis has room for it."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.filesize import decimal

from producer.images.image_source import Image, ImageSource
from producer.images.load import ImageLoadOptions, final_status
from producer.images.load_report import left_out_lines
from producer.images.redis_memory import RedisMemory, RedisUnknownError, estimate_memory, fetch_memory
from producer.images.selection import LeftOut
from producer.runtime.exit_status import Exit
from producer.shared.base_report import Report
from producer.shared.rejects import RejectReason
from producer.sources.source_errors import SourceCutError


@dataclass(kw_only=True)
class _Totals:
    images: int = 0
    size: int = 0
    stored: int = 0


@dataclass(frozen=True, kw_only=True)
class DryRunReport(Report):
    """Result of a dry run: what a load would send."""

    images: int
    """Images that a load would send."""
    size: int
    """Bytes of these images."""
    stored: int
    """Bytes of Redis' memory that these images would take, if none of them is there yet."""
    memory: RedisMemory | None
    """Memory of Redis, used and in all; None if it is unknown."""
    memory_unknown: str | None
    """Why the memory is unknown; None if it is known."""
    left_out: LeftOut
    rest_unread: bool
    """Whether the archive has more files, which were not read because --limit or --max-bytes was reached."""

    def as_json(self) -> dict[str, Any]:
        """Return what --json prints."""
        return {
            "source": self.source,
            "dry_run": True,
            "images": self.images,
            "bytes": self.size,
            "rejected": self._rejected_by_id(),
            "left_out": self.left_out.as_json(),
            "rest_unread": self.rest_unread,
            "redis_bytes": self.stored,
            "redis_used": self.memory.used if self.memory else None,
            "redis_maxmemory": self.memory.limit if self.memory else None,
            "seconds": round(self.seconds, 3),
            "complete": self.complete,
            "problem": self.problem,
        }

    def as_lines(self) -> list[str]:
        """Return the report as lines of text."""
        return [
            f"{self.source}: {self.images:,} images, {decimal(self.size)}, would be loaded",
            f"they take {decimal(self.stored)} of Redis' memory{self._share()}",
            *self._rejected_lines(unit="files"),
            *left_out_lines(self.left_out, rest_unread=self.rest_unread),
        ]

    def _share(self) -> str:
        if self.memory is None:
            return f"; how much it has is not known: {self.memory_unknown}"
        used = f"{decimal(self.memory.used)} are in use"
        if not self.memory.limit:
            return f", which has no limit; {used}"
        return f", {self.stored / self.memory.limit:.0%} of its maxmemory of {decimal(self.memory.limit)}; {used}"


def dry_run(
    source: ImageSource, *, options: ImageLoadOptions, env: Mapping[str, str], tick: Callable[[int], None]
) -> DryRunReport:
    """Read and check as a load does, but send nothing; `tick` gets the bytes of images so far after each file."""
    begun = time.perf_counter()
    totals, rejected, cut = _Totals(), Counter[RejectReason](), None
    try:
        for item in source:
            if isinstance(item, Image):
                totals.images += 1
                totals.size += len(item.data)
                totals.stored += estimate_memory(key=len(item.key.encode()), value=len(item.data))
            else:
                rejected[item.reason] += 1
            tick(totals.size)
    except SourceCutError as error:
        cut = error.status, str(error)
    memory, unknown = _memory(env)
    status, problem = (
        cut
        or _full(totals, memory)
        or final_status(
            source,
            images=totals.images,
            rejected=rejected.total(),
            allowed=options.max_rejects or 0,
            size_was_chosen=options.size_was_chosen,
        )
    )
    return DryRunReport(
        source=source.name,
        images=totals.images,
        size=totals.size,
        stored=totals.stored,
        memory=memory,
        memory_unknown=unknown,
        rejected=rejected,
        left_out=source.left_out,
        rest_unread=source.rest_unread,
        seconds=time.perf_counter() - begun,
        status=status,
        problem=problem,
    )


def _memory(env: Mapping[str, str]) -> tuple[RedisMemory | None, str | None]:
    try:
        return fetch_memory(env), None
    except RedisUnknownError as error:
        return None, str(error)


def _full(totals: _Totals, memory: RedisMemory | None) -> tuple[Exit, str] | None:
    if memory is None or not memory.limit or memory.used + totals.stored <= memory.limit:
        return None
    free = decimal(max(0, memory.limit - memory.used))
    return Exit.FAILED, (
        f"Redis has no room for them: {free} of its maxmemory are free. Load fewer (--every, --limit, --camera), "
        "delete others (--tombstones), or raise maxmemory."
    )
