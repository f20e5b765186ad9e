"""The command `sluice proof`: which proof it is, and what it prints."""

import logging
from argparse import Namespace
from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import escape_text, write_json
from sluice.proof.shared.options import add_arguments, check_for_log, check_output
from sluice.proof.shared.summary import Summary
from sluice.view.endpoints import Endpoints

__all__ = ["add_arguments", "run"]


def run(args: Namespace, *, env: Mapping[str, str], console: Console, endpoints: Endpoints) -> Exit:
    """Prove, print the verdict and write the report. OK only if all is there and something was compared.

    Raises SluiceError: UNAVAILABLE where the store, Kafka or Connect is silent, and what the source raises.
    """
    if args.source is None:
        raise SluiceError("proof needs SOURCE: what was loaded, as `sluice load` was given it", status=Exit.USAGE)
    try:
        check_output(args, env=env)
        told = _prove(args, env=env, console=console, endpoints=endpoints)
    except KeyboardInterrupt:
        if not args.json:
            console.print("interrupted: nothing is proven and no report was written")
        return Exit.INTERRUPTED
    _print(told, args, console=console)
    return Exit.OK if told.verdict.ok else Exit.DIFFERENT


def _prove(args: Namespace, *, env: Mapping[str, str], console: Console, endpoints: Endpoints) -> Summary:
    # What either proof needs takes up to a second to import: not for --help, nor for the other one.
    from producer.images.source_kind import detect_kind  # noqa: PLC0415

    with detect_kind(args.source, env=env) as source:
        if source.images:
            from sluice.proof.images.run import prove_images_of  # noqa: PLC0415

            return prove_images_of(args, env=env, console=console, endpoints=endpoints, raw=source.raw)
        # Where its folder of fonts cannot be written, matplotlib takes another: nobody needs to know.
        logging.getLogger("matplotlib").setLevel(logging.ERROR)
        try:
            from sluice.proof.gps.run import prove_rows_of  # noqa: PLC0415
        except OSError as error:  # it found none at all, and says what to do
            raise SluiceError(str(error)) from error

        check_for_log(args)
        return prove_rows_of(args, env=env, console=console, endpoints=endpoints, raw=source.raw)


def _print(told: Summary, args: Namespace, *, console: Console) -> None:
    if args.json:
        write_json(told.as_object, console.file)
        return
    style = "bold green" if told.verdict.ok else "bold red"
    console.print(Text(escape_text(told.verdict.headline), style=style), soft_wrap=True)
    for reason in told.verdict.reasons:
        console.print(Text(escape_text(f"  {reason}")), soft_wrap=True)
    console.print(Text(escape_text(told.counts)), soft_wrap=True)
    console.print(Text(escape_text(f"report: {told.report.absolute()}")), soft_wrap=True)
    if told.report != args.output:
        console.print(
            Text(escape_text(f"  ({args.output} is the report on another source, and stays)")), soft_wrap=True
        )
