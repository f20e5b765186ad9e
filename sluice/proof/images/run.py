"""The proof of images: a source's against those in Redis."""

import time
from argparse import Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from producer.images.open_images import open_images
from producer.images.selection_arguments import read_selection
from producer.kafka.topic import TopicAdmin
from producer.shared.output_files import source_id
from producer.sources.stored_bytes import StoredBytes
from sluice.proof.images.json_result import as_object
from sluice.proof.images.prove import ImageFinding, prove_images
from sluice.proof.images.redis_images import open_images_store
from sluice.proof.images.report import render
from sluice.proof.images.verdict import judge_images
from sluice.proof.shared.html_page import Evidence
from sluice.proof.shared.options import command_line
from sluice.proof.shared.outcome import Question
from sluice.proof.shared.pipeline_versions import PipelineVersions, look_around
from sluice.proof.shared.proof_progress import ConsoleProgress
from sluice.proof.shared.report_file import write_report
from sluice.proof.shared.sink_progress import IMAGES_SINK, ConnectSink
from sluice.proof.shared.summary import Summary
from sluice.view.endpoints import Endpoints


def prove_images_of(
    args: Namespace, *, env: Mapping[str, str], console: Console, endpoints: Endpoints, raw: StoredBytes | None = None
) -> Summary:
    """Prove the images of args.source and write the report; raises SluiceError as `sluice.proof.command.run` does.

    `raw` is the source where it has been opened already.
    """
    began = time.monotonic()
    question = Question(absent=args.absent, allow_extra=args.allow_extra, wait_seconds=args.wait)
    sink = ConnectSink(endpoints, IMAGES_SINK)
    with (
        open_images_store(endpoints.redis) as store,
        open_images(
            args.source,
            env=env,
            selection=read_selection(args),
            max_message_bytes=_max_message_bytes(endpoints),
            raw=raw,
        ) as source,
        ConsoleProgress(console, quiet=args.json, of="images") as progress,
    ):
        finding = prove_images(source, store=store, sink=sink, question=question, limit=args.list, progress=progress)
        surroundings = look_around(endpoints, sink=sink, store=("Redis", store.product))
        evidence = _evidence(args, question, finding, surroundings, env=env, seconds=time.monotonic() - began)
        report = write_report(render(evidence), args.output)
    return _told(evidence, report)


def _max_message_bytes(endpoints: Endpoints) -> int:
    """What the topic takes: a larger image is refused by a load and so must not be in Redis."""
    return TopicAdmin(endpoints.producer.client_settings(), topic=IMAGES_SINK.topic).max_message_bytes()


def _evidence(
    args: Namespace,
    question: Question,
    finding: ImageFinding,
    surroundings: PipelineVersions,
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


def _told(evidence: Evidence[ImageFinding], report: Path) -> Summary:
    finding = evidence.finding
    comparison = finding.comparison
    return Summary(
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
