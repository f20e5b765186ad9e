"""What a proof of images found, in words: the same on the terminal, in the report and for a script."""

from proof.images.prove import ImageFinding
from proof.outcome import Outcome, Question, Verdict, are, letters, not_arrived
from proof.sink import IMAGES_SINK

ALMOST = 0.95
"""Part of maxmemory above which Redis counts as full: what a refused write had taken up is free again afterwards."""


def judge_images(*, question: Question, finding: ImageFinding, dead_letters: int) -> Verdict:
    """The verdict on what was found."""
    comparison, refused = finding.comparison, _refused(finding)
    if not comparison.compared:
        headline = "Nothing was compared: the source has no image that could be in Redis."
        return Verdict(outcome=Outcome.NOTHING_COMPARED, headline=headline, reasons=refused)
    if _proven(question, finding):
        return Verdict(
            outcome=Outcome.PROVEN,
            headline=_proven_headline(question, comparison.compared),
            reasons=(*refused, *_left_out(finding), *_tolerated(question, finding)),
        )
    outcome, reasons = _why(question, finding)
    lost = comparison.missing.count or comparison.different.count
    return Verdict(
        outcome=outcome,
        headline=_failed_headline(question, finding),
        reasons=(
            *(() if question.absent else _full(finding)),
            *reasons,
            *(letters(dead_letters, topic=IMAGES_SINK.dead_letters) if lost else ()),
            *refused,
            *_left_out(finding),
        ),
    )


def is_full(finding: ImageFinding) -> bool:
    """True if images are missing and Redis has no room for them."""
    memory, missing = finding.memory, finding.comparison.missing_bytes
    return bool(missing and memory.limit and memory.used > min(ALMOST * memory.limit, memory.limit - missing))


def images(count: int) -> str:
    """A number of images, in words."""
    return f"{count:,} image{'' if count == 1 else 's'}"


def size(count: int) -> str:
    """Bytes as a person reads them, in powers of 1024, as maxmemory is set."""
    amount, unit = float(count), "bytes"
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):  # noqa: B007 the one it ends with is used
        if amount < 1000:  # noqa: PLR2004 four digits before the point are too many
            break
        amount /= 1024
    return f"{count:,} {unit}" if unit == "bytes" else f"{amount:.3g} {unit}"


def _proven(question: Question, finding: ImageFinding) -> bool:
    if question.absent:
        return finding.comparison.none_there
    return finding.comparison.all_there and (question.allow_extra or not _extra(finding))


def _proven_headline(question: Question, compared: int) -> str:
    if question.absent:
        return f"None of the {images(compared)} of the source is in Redis."
    one = "The one image of the source is in Redis, every byte equal."
    return one if compared == 1 else f"All {images(compared)} of the source are in Redis, every byte equal."


def _failed_headline(question: Question, finding: ImageFinding) -> str:
    comparison, extra = finding.comparison, _extra(finding)
    missing, different = comparison.missing.count, comparison.different.count
    if question.absent:
        present = comparison.compared - missing
        return f"{images(present)} of {comparison.compared:,} {are(present)} still in Redis."
    parts = [
        f"{images(missing)} of {comparison.compared:,} {are(missing)} missing" if missing else "",
        f"{images(different)} {'differs' if different == 1 else 'differ'}" if different else "",
        f"{images(extra)} {are(extra)} in Redis but not in the source" if extra else "",
    ]
    return "; ".join(part for part in parts if part) + "."


def _why(question: Question, finding: ImageFinding) -> tuple[Outcome, tuple[str, ...]]:
    if not question.absent and finding.comparison.all_there:
        return Outcome.DIFFERENT, (
            "Every image of the source is there. The extra ones are of its sessions and cameras, between the first and"
            " the last utime: another source has put them there, or this one no longer has them."
            " --allow-extra lets them be.",
        )
    hint = "deletes its images" if question.absent else "sends every image of it again"
    command = "sluice load images SOURCE" + (" --tombstones" if question.absent else "")
    return not_arrived(finding.sink, question=question, items="images", remedy=f"`{command}` {hint}.")


def _full(finding: ImageFinding) -> tuple[str, ...]:
    if not is_full(finding):
        return ()
    memory, missing = finding.memory, finding.comparison.missing
    return (
        f"Redis has no room: it uses {size(memory.used)} of the {size(memory.limit)} that maxmemory allows, and the"
        f" {images(missing.count)} missing {'needs' if missing.count == 1 else 'need'}"
        f" {size(finding.comparison.missing_bytes)}. Load fewer images (--camera, --every, --limit), delete others"
        " (--tombstones) or raise maxmemory.",
    )


def _extra(finding: ImageFinding) -> int:
    return finding.extra.count if finding.extra else 0


def _refused(finding: ImageFinding) -> tuple[str, ...]:
    count = finding.source.rejected
    if not count:
        return ()
    files = f"{count:,} file{'' if count == 1 else 's'}"
    return (f"{files} of the source {are(count)} refused: no image that could be loaded, so not to be in Redis.",)


def _left_out(finding: ImageFinding) -> tuple[str, ...]:
    tallies = finding.source.left_out.tallies().items()
    counts = [(option, tally.files) for option, tally in tallies if tally.files]
    if not counts:
        return ()
    total = sum(files for _, files in counts)
    rest = ", and the rest of the archive was not read" if finding.source.rest_unread else ""
    options = ", ".join(f"{files:,} by --{option}" for option, files in counts)
    return (f"{images(total)} {are(total)} left out and not looked at: {options}{rest}.",)


def _tolerated(question: Question, finding: ImageFinding) -> tuple[str, ...]:
    extra = _extra(finding)
    if question.absent or not extra:
        return ()
    return (f"{images(extra)} that the source has not {are(extra)} in Redis too.",)
