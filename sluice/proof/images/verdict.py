"""Verdict of a proof of images: the same words on the terminal, in the report and in the JSON result."""

from sluice.proof.images.prove import ImageProofResult
from sluice.proof.shared.proof_arguments import ProofOptions
from sluice.proof.shared.proof_verdict import Verdict, VerdictFacts, VerdictWriter
from sluice.proof.shared.sink_progress import IMAGES_SINK
from sluice.proof.shared.verdict_sentences import are, counted

FULL_FRACTION = 0.95
"""Part of maxmemory above which Redis counts as full: a write that it refuses leaves some memory free."""


def judge_images(*, options: ProofOptions, result: ImageProofResult, dead_letters: int) -> Verdict:
    """Return the verdict on a proof of images; `dead_letters` is the number of the sink's dead letters."""
    return _ImagesVerdictWriter(options=options, result=result, dead_letters=dead_letters).judge()


def is_full(result: ImageProofResult) -> bool:
    """Return True if images are missing and Redis has no room for them."""
    memory, missing = result.memory, result.comparison.missing_bytes
    return bool(missing and memory.limit and memory.used > min(FULL_FRACTION * memory.limit, memory.limit - missing))


def format_size(count: int) -> str:
    """Return a number of bytes for display, in powers of 1024, as maxmemory is set: "512 MiB"."""
    amount, unit = float(count), "bytes"
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):  # noqa: B007 the one it ends with is used
        if amount < 1000:  # noqa: PLR2004 four digits before the point are too many
            break
        amount /= 1024
    return f"{count:,} {unit}" if unit == "bytes" else f"{amount:.3g} {unit}"


class _ImagesVerdictWriter(VerdictWriter):
    item = "image"
    source_item = "file"
    store = store_name = "Redis"
    equality = "every byte equal"
    rejected_because = "no image that could be loaded"
    load_command = "sluice load images SOURCE"
    sink_names = IMAGES_SINK

    def __init__(self, *, options: ProofOptions, result: ImageProofResult, dead_letters: int) -> None:
        self._result = result
        super().__init__(
            VerdictFacts(
                options=options,
                comparison=result.comparison,
                extra=result.extra.count if result.extra else 0,
                rejected_present=result.rejected_present.count,
                rejected=result.source.rejected,
                sink=result.sink,
                later=result.later,
                dead_letters=dead_letters,
            )
        )

    def notes(self) -> tuple[str, ...]:
        """Return a sentence on the images that the selection leaves out."""
        source = self._result.source
        counts = [(option, tally.files) for option, tally in source.left_out.tallies().items() if tally.files]
        if not counts:
            return ()
        total = sum(files for _, files in counts)
        rest = ", and the rest of the archive was not read" if source.rest_unread else ""
        options = ", ".join(f"{files:,} by --{option}" for option, files in counts)
        return (f"{counted(total, 'image')} {are(total)} left out and not compared: {options}{rest}.",)

    def first_reasons(self) -> tuple[str, ...]:
        """Return a sentence on a Redis that has no room for the missing images."""
        if self.facts.options.absent or not is_full(self._result):
            return ()
        memory, missing = self._result.memory, self._result.comparison.missing.count
        return (
            f"Redis has no room: it uses {format_size(memory.used)} of the {format_size(memory.limit)} that maxmemory"
            f" allows, and the {counted(missing, 'image')} missing {'needs' if missing == 1 else 'need'}"
            f" {format_size(self._result.comparison.missing_bytes)}. Load fewer images (--camera, --every, --limit),"
            " delete others (--tombstones) or raise maxmemory.",
        )

    def explain_extra(self) -> str:
        """Return the sentence on where extra images lie and may come from."""
        return (
            "Every image of the source is there. The extra ones are of its sessions and cameras, between the first and"
            " the last utime: they are from another source, or from an earlier version of this one."
            " --allow-extra accepts them."
        )

    def describe_allowed_extra(self) -> str:
        """Return the sentence on the number of images of other sources."""
        return f"{counted(self.facts.extra, 'image')} of other sources {are(self.facts.extra)} in Redis too."

    def locate_rejected(self) -> tuple[str, str, str]:
        """Return key and reject reason of the first one; files are found by their key."""
        first = self._result.rejected_present.first[:1]
        example = f" (such as {first[0].key}: {first[0].reason.sentence})" if first else ""
        return example, "its key" if self.facts.rejected_present == 1 else "their keys", "keys in Redis"
