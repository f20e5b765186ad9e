"""Runs the proof of images: opens source, Redis and sink, proves, writes the report."""

import time
from argparse import Namespace
from collections.abc import Mapping

from producer.images.open_images import open_images
from producer.images.selection_arguments import read_selection
from producer.kafka.topic import TopicAdmin
from producer.runtime.terminal import Console
from producer.sources.stored_bytes import StoredBytes
from sluice.proof.images.json_result import to_json
from sluice.proof.images.prove import ImageProofResult, prove_images
from sluice.proof.images.redis_images import open_images_store
from sluice.proof.images.report import render
from sluice.proof.images.verdict import judge_images
from sluice.proof.shared.pipeline_versions import read_pipeline_versions
from sluice.proof.shared.proof_arguments import ProofOptions
from sluice.proof.shared.proof_progress import open_progress
from sluice.proof.shared.proof_report import ProofSummary, build_report
from sluice.proof.shared.report_file import write_report
from sluice.proof.shared.sink_progress import IMAGES_SINK, ConnectSink
from sluice.view.endpoints import Endpoints


def run_images_proof(
    args: Namespace, *, env: Mapping[str, str], console: Console, endpoints: Endpoints, raw: StoredBytes | None = None
) -> ProofSummary:
    """Prove the images of args.source and write the report; raises SluiceError as `sluice.proof.command.run` does.

    `raw` is the source where it has been opened already.
    """
    began = time.monotonic()
    options = ProofOptions.from_args(args)
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
        open_progress(args, console=console, items="images") as progress,
    ):
        result = prove_images(source, store=store, sink=sink, options=options, limit=args.list, progress=progress)
        pipeline = read_pipeline_versions(endpoints, sink=sink, store=("Redis", store.product))
        proof = build_report(
            args,
            env=env,
            options=options,
            result=result,
            source_name=result.source.name,
            verdict=judge_images(options=options, result=result, dead_letters=pipeline.dead_letters),
            pipeline=pipeline,
            began=began,
        )
        path = write_report(render(proof), args.output)
    return ProofSummary(
        source=result.source.name,
        verdict=proof.verdict,
        counts=_format_counts(result),
        json_result=to_json(proof, report=path.absolute()),
        report=path,
    )


def _max_message_bytes(endpoints: Endpoints) -> int:
    """Return what the topic takes: a load rejects a larger image, so it must not be in Redis."""
    return TopicAdmin(endpoints.producer.client_settings(), topic=IMAGES_SINK.topic).max_message_bytes()


def _format_counts(result: ImageProofResult) -> str:
    comparison = result.comparison
    extra = f"{result.extra.count + result.rejected_present.count:,}" if result.extra else "not looked for"
    return (
        f"compared {comparison.compared:,}, equal {comparison.equal:,}, missing {comparison.missing.count:,},"
        f" different {comparison.different.count:,}, extra {extra},"
        f" rejected {result.source.rejected:,}, left out {result.source.left_out.files:,}"
    )
