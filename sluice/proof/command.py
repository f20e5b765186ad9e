"""The command `sluice proof`: starts the proof of rows or of images, prints the verdict."""

import logging
import time
from argparse import Namespace
from collections.abc import Mapping

from rich.text import Text

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import Console, escape_text, write_json
from producer.sources.source_location import display_path
from sluice.proof.shared.proof_arguments import add_arguments, check_log_arguments, check_output
from sluice.proof.shared.proof_notes import ProofNote, ProofNotes
from sluice.proof.shared.proof_report import ProofSummary
from sluice.view.endpoints import Endpoints

__all__ = ["add_arguments", "run"]


def run(
    args: Namespace,
    *,
    env: Mapping[str, str],
    console: Console,
    endpoints: Endpoints,
    notes: ProofNotes | None = None,
) -> Exit:
    """Prove, print the verdict and write the report. Returns OK only if something was compared and all is as expected.

    What came of it is added to `notes`, unless the command line was a mistake. Raises SluiceError: UNAVAILABLE where
    the store, Kafka or Connect does not answer, and what the source raises.
    """
    if args.source is None:
        raise SluiceError("proof needs SOURCE: the log or the images, as given to `sluice load`", status=Exit.USAGE)
    began = time.monotonic()
    try:
        check_output(args, env=env)
        summary = _prove(args, env=env, console=console, endpoints=endpoints)
    except KeyboardInterrupt:
        sentence = "interrupted: nothing is proven and no report was written"
        _note_failure(notes, args, Exit.INTERRUPTED, sentence, env=env, began=began)
        if not args.json:
            console.print(sentence)
        return Exit.INTERRUPTED
    except SluiceError as error:
        _note_failure(notes, args, error.status, str(error), env=env, began=began)
        raise
    status = Exit.OK if summary.verdict.ok else Exit.DIFFERENT
    _add_note(
        notes,
        ProofNote.make(
            source=summary.source,
            status=status,
            headline=summary.verdict.headline,
            reasons=summary.verdict.reasons,
            counts=summary.counts,
            seconds=time.monotonic() - began,
            report=summary.report,
        ),
    )
    _print(summary, args, console=console)
    return status


def _note_failure(
    notes: ProofNotes | None, args: Namespace, status: Exit, sentence: str, *, env: Mapping[str, str], began: float
) -> None:
    if status is not Exit.USAGE:
        name = display_path(args.source, env=env)
        _add_note(
            notes, ProofNote.make(source=name, status=status, headline=sentence, seconds=time.monotonic() - began)
        )


def _add_note(notes: ProofNotes | None, note: ProofNote) -> None:
    if notes is not None:
        try:
            notes.add(note)
        except SluiceError as error:  # a proof is worth the same without its note
            Console(stderr=True).print(f"sluice: `sluice console` does not show this proof: {error}", soft_wrap=True)


def _prove(args: Namespace, *, env: Mapping[str, str], console: Console, endpoints: Endpoints) -> ProofSummary:
    # The imports of either proof take up to a second: not for --help, nor for the other proof.
    from producer.images.source_kind import detect_kind  # noqa: PLC0415

    with detect_kind(args.source, env=env) as source:
        if source.images:
            from sluice.proof.images.run import run_images_proof  # noqa: PLC0415

            return run_images_proof(args, env=env, console=console, endpoints=endpoints, raw=source.raw)
        # Where matplotlib cannot write its font cache, it takes another folder and warns: nothing that concerns a user.
        logging.getLogger("matplotlib").setLevel(logging.ERROR)
        try:
            from sluice.proof.gps.run import run_rows_proof  # noqa: PLC0415
        except OSError as error:  # matplotlib found no folder at all; its error says what to do
            raise SluiceError(str(error)) from error

        check_log_arguments(args)
        return run_rows_proof(args, env=env, console=console, endpoints=endpoints, raw=source.raw)


def _print(summary: ProofSummary, args: Namespace, *, console: Console) -> None:
    if args.json:
        write_json(summary.json_result, console.file)
        return
    style = "bold green" if summary.verdict.ok else "bold red"
    console.print(Text(escape_text(summary.verdict.headline), style=style), soft_wrap=True)
    for reason in summary.verdict.reasons:
        console.print(Text(escape_text(f"  {reason}")), soft_wrap=True)
    console.print(Text(escape_text(summary.counts)), soft_wrap=True)
    console.print(Text(escape_text(f"report: {summary.report.absolute()}")), soft_wrap=True)
    if summary.report != args.output:
        console.print(
            Text(escape_text(f"  ({args.output} is the report on another source and was not replaced)")), soft_wrap=True
        )
