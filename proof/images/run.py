"""The proof of images: a source's against those in Redis."""

import time
from argparse import Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from place import Place
from producer.images.open import open_images
from producer.images.selection_arguments import selection
from producer.outputs import source_id
from producer.raw import Raw
from producer.topic import TopicAdmin
from proof.images.answer import as_object
from proof.images.prove import ImageFinding, prove_images
from proof.images.report import render
from proof.images.store import open_images_store
from proof.images.verdict import judge_images
from proof.options import command_line
from proof.outcome import Question
from proof.page import Evidence
from proof.progress import ConsoleProgress
from proof.report_file import write_report
from proof.sink import IMAGES_SINK, ConnectSink
from proof.surroundings import Surroundings, look_around
from proof.told import Told


def prove_images_of(
    args: Namespace, *, env: Mapping[str, str], console: Console, place: Place, raw: Raw | None = None
) -> Told:
    """Prove the images of args.source and write the report; raises SluiceError as `proof.command.run` does.

    `raw` is the source where it has been opened already.
    """
    began = time.monotonic()
    question = Question(absent=args.absent, allow_extra=args.allow_extra, wait_seconds=args.wait)
    sink = ConnectSink(place, IMAGES_SINK)
    with (
        open_images_store(place.redis) as store,
        open_images(
            args.source, env=env, selection=selection(args), max_message_bytes=_max_message_bytes(place), raw=raw
        ) as source,
        ConsoleProgress(console, quiet=args.json, of="images") as progress,
    ):
        finding = prove_images(source, store=store, sink=sink, question=question, limit=args.list, progress=progress)
        surroundings = look_around(place, sink=sink, store=("Redis", store.product))
        evidence = _evidence(args, question, finding, surroundings, env=env, seconds=time.monotonic() - began)
        report = write_report(render(evidence), args.output)
    return _told(evidence, report)


def _max_message_bytes(place: Place) -> int:
    """What the topic takes: a larger image is refused by a load and so must not be in Redis."""
    return TopicAdmin(place.producer.client_settings(), topic=IMAGES_SINK.topic).max_message_bytes()


def _evidence(
    args: Namespace,
    question: Question,
    finding: ImageFinding,
    surroundings: Surroundings,
    *,
    env: Mapping[str, str],
    seconds: float,
) -> Evidence[ImageFinding]:
    return Evidence(
        question=question,
        verdict=judge_images(question=question, finding=finding, dead_letters=surroundings.dead_letters),
        finding=finding,
        surroundings=surroundings,
        made_at=datetime.now(UTC),
        seconds=seconds,
        command=command_line(args, finding.source.name),
        source_id=source_id(args.source, env=env),
    )


def _told(evidence: Evidence[ImageFinding], report: Path) -> Told:
    finding = evidence.finding
    comparison = finding.comparison
    return Told(
        verdict=evidence.verdict,
        counts=(
            f"compared {comparison.compared:,}, equal {comparison.equal:,}, missing {comparison.missing.count:,},"
            f" different {comparison.different.count:,},"
            f" extra {finding.extra.count + finding.refused.count if finding.extra else 'not looked for'}"
            f", refused {finding.source.rejected:,}, left out {finding.source.left_out.files:,}"
        ),
        as_object=as_object(evidence, report=report.absolute()),
        report=report,
    )
