"""The commands `sluice messages` and `sluice status`: arguments and output."""

import os
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from typing import NoReturn

from rich.live import Live
from rich.text import Text

from producer.runtime.exit_status import Exit
from producer.runtime.terminal import Console, write_json
from sluice.view import messages, status_table, topic_scan
from sluice.view.endpoints import Endpoints
from sluice.view.message_table import TablePrinter, write_json_lines
from sluice.view.messages import DecodedRecord, RecordFilter
from sluice.view.pipeline_status import PipelineStatus
from sluice.view.record_decoder import Decoder, iso_utc
from sluice.view.registry_schemas import RegistrySchemas
from sluice.view.start_point import StartOffset, find_starts, parse_offset, parse_time
from sluice.view.topic_reader import TopicReader

WATCH_SECONDS = 2.0
"""Pause between two outputs of `sluice status --watch`."""


def add_messages_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `sluice messages`."""
    parser.add_argument("topic", metavar="TOPIC", help="name of the topic")
    parser.add_argument(
        "-f", "--follow", action="store_true", help="then wait for new records, and print them, until Ctrl-C"
    )
    parser.add_argument(
        "-n",
        "--limit",
        type=_count,
        metavar="N",
        help="only the newest N records, like tail (default: all); with --from-offset or --from-time the first N from "
        "there on, and with --follow it waits until there are N, then ends",
    )
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--from-offset",
        type=_start_offset,
        action="append",
        default=[],
        metavar="OFFSET",
        help="only records from this offset on, in every partition; PARTITION:OFFSET reads only this partition, and "
        "can be given for several",
    )
    start.add_argument(
        "--from-time",
        type=_start_time,
        metavar="TIME",
        help="only records whose Kafka timestamp is this time or later: ISO 8601, such as 2026-11-27T05:00 (UTC unless "
        "a zone is given: +02:00), or an age: 30s, 10m, 2h, 1d, 1w",
    )
    parser.add_argument(
        "-k", "--key", metavar="KEY", help="only records with this key; of a key with fields: 5 or id=5"
    )
    parser.add_argument(
        "--filter",
        metavar="TEXT",
        help="only records with this text in the key, a field or a header of the decoded record, ignoring case; "
        "name=value looks in this field only",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object per record (default where the output is no terminal)"
    )


def run_messages(
    args: Namespace,
    *,
    console: Console,
    errors: Console,
    endpoints: Endpoints,
) -> Exit:
    """Print the records of a topic; raises SluiceError if Kafka or the registry does not answer, or for the topic.

    If it has none of those that are asked for, `errors` says so.
    """
    accept = RecordFilter(
        decode=Decoder(RegistrySchemas(endpoints.compatible_registry)),
        key=args.key,
        text=args.filter,
        since=args.from_time,
    )
    settings = None if args.limit is None else topic_scan.SETTINGS
    try:
        with closing(TopicReader(endpoints.consumer, args.topic, settings=settings)) as reader:
            count = _print_messages(args, reader=reader, accept=accept, console=console)
            if not count and not args.follow and (wanted := _wanted(args)):
                errors.print(f"sluice: {args.topic} has no record {wanted}", soft_wrap=True)
    except KeyboardInterrupt:
        return Exit.OK if args.follow else Exit.INTERRUPTED
    except BrokenPipeError:
        _discard_output(console)
    return Exit.OK


def add_status_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `sluice status`."""
    parser.add_argument("-w", "--watch", action="store_true", help="ask again every 2 seconds, until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="print one JSON object; with --watch one per line")


def run_status(args: Namespace, *, console: Console, fetch: Callable[[], PipelineStatus]) -> Exit:
    """Print the pipeline's status; return UNAVAILABLE if a part does not answer, FAILED if a connector or task failed.

    `fetch` queries all parts.
    """
    try:
        if args.watch:
            _watch(args, fetch, console=console)
        status = fetch()
        _print_status(status, console=console, as_json=args.json)
    except KeyboardInterrupt:
        return Exit.OK if args.watch else Exit.INTERRUPTED
    except BrokenPipeError:
        _discard_output(console)
        return Exit.OK
    return status.exit


def _print_messages(args: Namespace, *, reader: TopicReader, accept: RecordFilter, console: Console) -> int:
    """Print the records; return how many the topic had."""
    from_start = bool(args.from_offset or args.from_time)
    starts = find_starts(reader, args.from_offset, args.from_time) if from_start else None
    backlog = messages.read_backlog(reader, accept=accept, starts=starts, limit=args.limit)
    if args.json or not console.is_terminal:
        count = write_json_lines(backlog, console=console)
        if args.follow:
            later = _later(args, accept.all_of(reader.follow(starts)), count=count)
            write_json_lines(later, console=console, flush=True)
        return count
    table = TablePrinter(console)
    table.print(backlog)
    count = table.count
    console.print(Text(f"{count:,} record{'' if count == 1 else 's'}", style="dim"))
    if args.follow:
        table.print(_later(args, accept.all_of(reader.follow(starts)), count=count), at_once=1)
    return count


def _later(args: Namespace, records: Iterator[DecodedRecord], *, count: int) -> Iterator[DecodedRecord]:
    """Yield the records after the backlog; up to the limit, where it counts from a start on."""
    if args.limit is None or not (args.from_offset or args.from_time):
        return records
    return islice(records, max(0, args.limit - count))


def _wanted(args: Namespace) -> str:
    """Return which records are asked for, as the end of a sentence; empty for all."""
    offsets = ", ".join(
        str(start.offset) if start.partition is None else f"{start.partition}:{start.offset}"
        for start in args.from_offset
    )
    words = (
        f"from offset {offsets} on" if offsets else "",
        f"of {iso_utc(args.from_time)} or later" if args.from_time else "",
        f"with the key {args.key!r}" if args.key is not None else "",
        f"with the text {args.filter!r}" if args.filter is not None else "",
    )
    return " ".join(word for word in words if word) if args.limit != 0 else ""


def _print_status(status: PipelineStatus, *, console: Console, as_json: bool) -> None:
    if as_json:
        write_json(status_table.as_object(status), console.file)
    else:
        console.print(status_table.as_tables(status))


def _watch(args: Namespace, fetch: Callable[[], PipelineStatus], *, console: Console) -> NoReturn:
    if args.json or not console.is_terminal:
        while True:
            _print_status(fetch(), console=console, as_json=args.json)
            time.sleep(WATCH_SECONDS)
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(status_table.as_tables(fetch()), refresh=True)
            time.sleep(WATCH_SECONDS)


def _count(text: str) -> int:
    if not text.isdigit():
        raise ArgumentTypeError(f"{text!r} is not a number of records")
    return int(text)


def _start_offset(text: str) -> StartOffset:
    try:
        return parse_offset(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _start_time(text: str) -> datetime:
    try:
        return parse_time(text, now=datetime.now(UTC))
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _discard_output(console: Console) -> None:
    """Redirect buffered output to /dev/null: after `| head`, Python would fail to flush it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), console.file.fileno())
