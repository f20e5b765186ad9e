"""The command `sluice dlq`: arguments and output of its sub-commands list, show, write and send."""

import argparse
import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import Console, write_json
from producer.shared.interrupts import Interrupts
from producer.shared.load_progress import LoadProgress
from producer.shared.output_files import why_not_writable
from sluice.dead_letters.dead_letter import DeadLetter
from sluice.dead_letters.letter_details import print_letter
from sluice.dead_letters.letter_files import check_overwrite, file_format, newest_images, write_letters
from sluice.dead_letters.letter_reader import (
    LetterFilter,
    matching_topics,
    parse_address,
    read_all,
    read_letter,
    read_letters,
)
from sluice.dead_letters.listing import as_object, make_listing, print_listing
from sluice.dead_letters.resend import SendPlan, SendResult, SendStoppedError, plan_send, send_letters
from sluice.dead_letters.sent_letters import SentLetters
from sluice.view.endpoints import Endpoints
from sluice.view.record_decoder import Decoder
from sluice.view.registry_schemas import RegistrySchemas

DEFAULT_LIMIT = 20
"""Number of letters that are listed without --limit."""
_DESCRIPTION = """\
Without a sub-command: how many dead letters there are, for which reasons, and the newest of them. A dead letter is a
record that a sink could not use. LETTER is CONNECTOR:PARTITION:OFFSET, as the list shows it."""
_SEND = """\
Send dead letters again to the topics that they came from: same key, value and headers, without the headers that say
why they failed. Remove the cause first. None is sent twice: Kafka stores which were sent (--again sends them
nevertheless). One that fails again becomes a new dead letter. It overwrites what was loaded since under its key."""
_STOPPING = "stopping after the records under way (again to stop waiting: some may then be sent twice)"
_WRITE = """\
Write dead letters to FILE, to be corrected and loaded again. Its extension is its format: .csv rows for `sluice load
gps`, .tar images for `sluice load images`, .jsonl every letter as it is (bytes as hex). Letters that cannot be
converted go into a second file, FILE's name with .rest.jsonl, each with the reason. Those that were sent again are left
out: they have arrived, or have become new dead letters."""


def add_dlq_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sluice dlq` and its sub-commands."""
    parser.description = _DESCRIPTION
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    _add_filter_arguments(parser, default=None)
    parser.add_argument(
        "-n",
        "--limit",
        type=_count,
        metavar="N",
        default=DEFAULT_LIMIT,
        help="list only the newest N (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(dlq=_list, letters=[])
    commands = parser.add_subparsers(title="sub-commands", metavar="SUB-COMMAND")
    show = commands.add_parser("show", help="show one, complete")
    show.add_argument("letter", type=_address, metavar="LETTER", help="such as mysql-sink:0:12")
    show.add_argument("--trace", action="store_true", help="with Java's stack trace")
    _add_json(show)
    show.set_defaults(dlq=_show)
    write = _add_sub(commands, "write", "write them to a file, to be corrected and loaded again", _WRITE)
    write.add_argument("file", type=Path, metavar="FILE", help="ends in .csv, .tar or .jsonl")
    _add_letters(write)
    write.add_argument("--again", action="store_true", help="also those that were sent again")
    write.add_argument("--force", action="store_true", help="write over FILE if it is there")
    write.set_defaults(dlq=_write)
    again = _add_sub(commands, "send", "send them again to the topics that they came from", _SEND)
    _add_letters(again)
    again.add_argument("--again", action="store_true", help="also those that were sent before")
    again.add_argument("-y", "--yes", action="store_true", help="do not ask")
    again.set_defaults(dlq=_send)


def _add_sub(commands: Any, name: str, about: str, description: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name, help=about, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def _add_filter_arguments(parser: argparse.ArgumentParser, *, default: Any) -> None:
    parser.add_argument("--connector", metavar="NAME", default=default, help="only those of this sink")
    parser.add_argument("--reason", metavar="TEXT", default=default, help="only those whose reason holds this text")


def _add_json(parser: argparse.ArgumentParser) -> None:
    # SUPPRESS: a default would override the option given before the sub-command's name.
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object")


def _add_letters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--letter",
        action="append",
        type=_address,
        dest="letters",
        metavar="LETTER",
        default=argparse.SUPPRESS,
        help="only this one; can be repeated",
    )
    _add_filter_arguments(parser, default=argparse.SUPPRESS)
    _add_json(parser)


def run_dlq(
    args: argparse.Namespace,
    *,
    console: Console,
    errors: Console,
    endpoints: Endpoints,
) -> Exit:
    """Run the sub-command; raises SluiceError as TopicReader does. Ctrl-C is handled by sluice/cli.py."""
    return args.dlq(_Call(args=args, console=console, errors=errors), endpoints)


@dataclass(frozen=True, kw_only=True)
class _Call:
    """Arguments and consoles of a sub-command."""

    args: argparse.Namespace
    console: Console
    errors: Console


def _list(call: "_Call", endpoints: Endpoints) -> Exit:
    args, console = call.args, call.console
    letter_filter, decode = _letter_filter(args), _decoder(endpoints)
    topics = matching_topics(endpoints, letter_filter)
    with closing(SentLetters(endpoints.consumer)) as sent_letters:
        letters = read_letters(endpoints, topics, letter_filter)
        listing = make_listing(letters, topics=topics, sent_letters=sent_letters, limit=args.limit)
    if args.json:
        write_json(as_object(listing, decode), console.file)
    else:
        print_listing(listing, console=console, decode=decode)
    return Exit.OK


def _show(call: "_Call", endpoints: Endpoints) -> Exit:
    args, console = call.args, call.console
    letter, decode = read_letter(endpoints, args.letter), _decoder(endpoints)
    with closing(SentLetters(endpoints.consumer)) as sent_letters:
        sent = sent_letters.includes(letter.topic, letter.partition, letter.offset)
    if args.json:
        write_json({**letter.as_full_object(decode), "sent_again": sent}, console.file)
    else:
        print_letter(letter, console=console, decode=decode, trace=args.trace, sent=sent)
    return Exit.OK


def _write(call: "_Call", endpoints: Endpoints) -> Exit:
    args, console = call.args, call.console
    extension = file_format(args.file)
    if why := why_not_writable(args.file):
        raise SluiceError(f"{args.file} cannot be written: {why}; choose another", status=Exit.USAGE)
    check_overwrite(args.file, force=args.force)
    letter_filter = _letter_filter(args)
    topics = matching_topics(endpoints, letter_filter)
    # A letter that was sent again has arrived, or is a new dead letter. Letters named by --letter are always written.
    with_sent = args.again or args.letters
    with closing(SentLetters(endpoints.consumer)) as sent_letters:

        def letters() -> Iterator[DeadLetter]:
            for letter in read_letters(endpoints, topics, letter_filter):
                if with_sent or not sent_letters.includes(letter.topic, letter.partition, letter.offset):
                    yield letter

        newest = newest_images(letters()) if extension == ".tar" else None
        written = write_letters(letters(), args.file, decode=_decoder(endpoints), newest=newest)
    if args.json:
        write_json(written.as_object(), console.file)
    else:
        for line in written.sentences():
            console.print(line, soft_wrap=True)
    return Exit.OK


def _send(call: "_Call", endpoints: Endpoints) -> Exit:
    args, console, errors = call.args, call.console, call.errors
    letter_filter = _letter_filter(args)
    topics = matching_topics(endpoints, letter_filter)
    with closing(SentLetters(endpoints.consumer)) as sent_letters:
        plan = plan_send(read_letters(endpoints, topics, letter_filter), sent_letters=sent_letters, again=args.again)
        sent_letters.check_metadata_size(plan.offsets)
        if plan.total and not _confirmed(args, plan, errors):
            errors.print("nothing was sent")
            return Exit.OK
        letters = read_all(endpoints, topics, letter_filter.addresses)
        result = _send_with_progress(letters, plan, sent_letters=sent_letters, endpoints=endpoints, errors=errors)
    _print_result(result, args, console=console, errors=errors)
    return result.status


def _confirmed(args: argparse.Namespace, plan: SendPlan, errors: Console) -> bool:
    if args.yes:
        return True
    if not sys.stdin.isatty():
        raise SluiceError("send asks before it sends, and nobody can be asked here; --yes answers", status=Exit.USAGE)
    errors.print(f"send {_counts(plan)} again? [y/N] ", end="")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _counts(plan: SendPlan) -> str:
    by_topic = ", ".join(f"{count:,} to {topic}" for topic, count in sorted(plan.topics.items()))
    return f"{plan.total:,} dead letter{'' if plan.total == 1 else 's'} ({by_topic})"


def _send_with_progress(
    letters: Generator[DeadLetter], plan: SendPlan, *, sent_letters: SentLetters, endpoints: Endpoints, errors: Console
) -> SendResult:
    """Send with progress on standard error; Ctrl-C stops after the records under way, a second one at once."""
    if not plan.total:
        return SendResult(plan=plan)

    def done(amount: int, seconds: float) -> str:
        return f"{amount:,} of {plan.total:,} dead letters, {amount / seconds:,.0f}/s"

    with (
        LoadProgress(errors, name="sending", size=None, describe=done) as progress,
        Interrupts(say=lambda _: errors.print(_STOPPING, soft_wrap=True)) as interrupts,
        closing(letters),  # while Ctrl-C is held back: it would show a traceback
    ):

        def tick(count: int) -> None:
            interrupts.check()
            progress.update(amount=count, position=0)

        try:
            return send_letters(letters, plan=plan, sent_letters=sent_letters, user=endpoints.producer, tick=tick)
        except SendStoppedError as stopped:
            stopped.result.interrupted = True
            return stopped.result


def _print_result(result: SendResult, args: argparse.Namespace, *, console: Console, errors: Console) -> None:
    if args.json:
        write_json(result.as_object(), console.file)
    else:
        for line in _sentences(result):
            console.print(line, soft_wrap=True)
    if result.problem:
        errors.print(result.problem, style="red", soft_wrap=True)


def _sentences(result: SendResult) -> list[str]:
    plan, count = result.plan, result.acknowledged.total()
    by_topic = ", ".join(f"{number:,} to {topic}" for topic, number in sorted(result.acknowledged.items()))
    lines = [f"{count:,} of {plan.total:,} dead letters sent again" + (f": {by_topic}" if by_topic else "")]
    if not plan.total:
        lines = ["no dead letter was waiting to be sent"]
    if plan.sent_before:
        verb = "was sent before and is" if plan.sent_before == 1 else "were sent before and are"
        lines.append(f"{plan.sent_before:,} {verb} left out (--again sends them once more)")
    if plan.without_original_topic:
        lines.append(
            f"{plan.without_original_topic:,} do not say which topic they came from: sluice dlq write FILE.jsonl"
        )
    if count:
        lines.append("sluice status shows whether the sinks have taken them; what fails again is a new dead letter")
    return lines


def _letter_filter(args: argparse.Namespace) -> LetterFilter:
    return LetterFilter(connector=args.connector, reason=args.reason, addresses=args.letters)


def _decoder(endpoints: Endpoints) -> Decoder:
    return Decoder(RegistrySchemas(endpoints.compatible_registry))


def _address(text: str) -> Any:
    try:
        return parse_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of dead letters")
    return int(text)
