"""What a proof of images found, in words: the same on the terminal, in the report and for a script."""

from sluice.proof.images.prove import ImageFinding
from sluice.proof.shared.outcome import Outcome, Question, Verdict, are, aside, can_change, letters, not_arrived
from sluice.proof.shared.sink_progress import IMAGES_SINK

ALMOST = 0.95
"""Part of maxmemory above which Redis counts as full: what a refused write had taken up is free again afterwards."""


def judge_images(*, question: Question, finding: ImageFinding, dead_letters: int) -> Verdict:
    """The verdict on what was found."""
    comparison, sink = finding.comparison, finding.sink
    if not comparison.compared and not finding.refused.count:
        headline = "Nothing was compared: the source has no image that could be in Redis."
        return Verdict(outcome=Outcome.NOTHING_COMPARED, headline=headline, reasons=_refused(finding))
    last = (*_refused(finding), *_left_out(finding), *aside(sink, later=finding.later, items="images"))
    holds = _holds(question, finding)
    if holds and not sink.concerning:
        return Verdict(
            outcome=Outcome.PROVEN,
            headline=f"{_good_headline(question, comparison.compared)}.",
            reasons=(*last, *_tolerated(question, finding)),
        )
    outcome, reasons = _why(question, finding)
    good = f"{_good_headline(question, comparison.compared)}{can_change(sink)}."
    return Verdict(
        outcome=outcome,
        headline=good if holds else _failed_headline(question, finding),
        reasons=(
            *(() if question.absent else _full(finding)),
            *reasons,
            *_still_there(question, finding),
            *_dead(question, finding, dead_letters),
            *last,
        ),
    )


def is_full(finding: ImageFinding) -> bool:
    """True if images are missing and Redis has no room for them."""
    memory, missing = finding.memory, finding.comparison.missing_bytes
    return bool(missing and memory.limit and memory.used > min(ALMOST * memory.limit, memory.limit - missing))


def images(count: int) -> str:
    """A number of images, in words."""
    return f"{count:,} image{'' if count == 1 else 's'}"


def _files(count: int) -> str:
    return f"{count:,} refused file{'' if count == 1 else 's'} of the source"


def size(count: int) -> str:
    """Bytes as a person reads them, in powers of 1024, as maxmemory is set."""
    amount, unit = float(count), "bytes"
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):  # noqa: B007 the one it ends with is used
        if amount < 1000:  # noqa: PLR2004 four digits before the point are too many
            break
        amount /= 1024
    return f"{count:,} {unit}" if unit == "bytes" else f"{amount:.3g} {unit}"


def _holds(question: Question, finding: ImageFinding) -> bool:
    if finding.refused.count:
        return False
    if question.absent:
        return finding.comparison.none_there
    return finding.comparison.all_there and (question.allow_extra or not _extra(finding))


def _good_headline(question: Question, compared: int) -> str:
    if question.absent:
        return f"None of the {images(compared)} of the source is in Redis"
    one = "The one image of the source is in Redis, every byte equal"
    return one if compared == 1 else f"All {images(compared)} of the source are in Redis, every byte equal"


def _failed_headline(question: Question, finding: ImageFinding) -> str:
    comparison, extra, refused = finding.comparison, _extra(finding), finding.refused.count
    missing, different = comparison.missing.count, comparison.different.count
    present = comparison.compared - missing
    there = f"{_files(refused)} {are(refused)} in Redis" if refused else ""
    if question.absent:
        parts = [
            f"{images(present)} of {comparison.compared:,} {are(present)} still in Redis" if present else "",
            there,
        ]
    else:
        parts = [
            f"{images(missing)} of {comparison.compared:,} {are(missing)} missing" if missing else "",
            f"{images(different)} {'differs' if different == 1 else 'differ'}" if different else "",
            f"{images(extra)} {are(extra)} in Redis but not in the source"
            if extra and not question.allow_extra
            else "",
            there,
        ]
    return "; ".join(part for part in parts if part) + "."


def _why(question: Question, finding: ImageFinding) -> tuple[Outcome, tuple[str, ...]]:
    comparison, sink = finding.comparison, finding.sink
    complete = comparison.none_there if question.absent else comparison.all_there
    if (complete or not comparison.compared) and not sink.concerning:
        return Outcome.DIFFERENT, _not_missing(question, finding)
    hint = "deletes its images" if question.absent else "sends every image of it again"
    command = "sluice load images SOURCE" + (" --tombstones" if question.absent else "")
    return not_arrived(sink, question=question, items="images", remedy=f"`{command}` {hint}.")


def _not_missing(question: Question, finding: ImageFinding) -> tuple[str, ...]:
    if question.absent or question.allow_extra or not _extra(finding):
        return ()
    return (
        "Every image of the source is there. The extra ones are of its sessions and cameras, between the first and"
        " the last utime: another source has put them there, or this one no longer has them."
        " --allow-extra lets them be.",
    )


def _still_there(question: Question, finding: ImageFinding) -> tuple[str, ...]:
    refused = finding.refused
    if not refused.count:
        return ()
    first = refused.first[:1]
    example = f" (such as {first[0].key}: {first[0].reason.sentence})" if first else ""
    allowed = " --allow-extra does not cover them: the source itself names them." if question.allow_extra else ""
    return (
        f"{_files(refused.count)}{example} {are(refused.count)} in Redis by"
        f" {'its key' if refused.count == 1 else 'their keys'}: from another load, or from this source as it was"
        " before. A load with --tombstones deletes only what it accepts: give it what was loaded then, or delete the"
        f" keys in Redis.{allowed}",
    )


def _dead(question: Question, finding: ImageFinding, dead_letters: int) -> tuple[str, ...]:
    comparison = finding.comparison
    present = comparison.compared - comparison.missing.count + finding.refused.count
    wrong = present if question.absent else comparison.missing.count or comparison.different.count
    return letters(dead_letters, topic=IMAGES_SINK.dead_letters) if wrong else ()


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
