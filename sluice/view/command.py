"""The commands `sluice messages` and `sluice status`: arguments and output."""

import os
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from contextlib import closing
from typing import NoReturn

from rich.live import Live
from rich.text import Text

from producer.runtime.exit_status import Exit
from producer.runtime.terminal import Console, write_json
from sluice.view import messages, status_table
from sluice.view.endpoints import Endpoints
from sluice.view.message_table import TablePrinter, write_json_lines
from sluice.view.pipeline_status import PipelineStatus
from sluice.view.record_decoder import Decoder
from sluice.view.registry_schemas import RegistrySchemas
from sluice.view.topic_reader import TopicReader

WATCH_SECONDS = 2.0
"""Pause between two outputs of `sluice status --watch`."""


def add_messages_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `sluice messages`."""
    parser.add_argument("topic", metavar="TOPIC", help="name of the topic")
    parser.add_argument("-f", "--follow", action="store_true", help="then wait for new records, until Ctrl-C")
    parser.add_argument(
        "-n", "--limit", type=_count, metavar="N", help="only the newest N records, like tail (default: all)"
    )
    parser.add_argument("-k", "--key", metavar="KEY", help="only records with this key; the whole topic is read")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each record, as into a pipe")


def run_messages(
    args: Namespace,
    *,
    console: Console,
    endpoints: Endpoints,
) -> Exit:
    """Print the records of a topic; raises SluiceError if Kafka or the registry does not answer, or for the topic."""
    try:
        with closing(TopicReader(endpoints.consumer, args.topic)) as reader:
            _print_messages(args, reader=reader, console=console, endpoints=endpoints)
    except KeyboardInterrupt:
        return Exit.OK if args.follow else Exit.INTERRUPTED
    except BrokenPipeError:
        _discard_output(console)
    return Exit.OK


def add_status_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `sluice status`."""
    parser.add_argument("-w", "--watch", action="store_true", help="ask again every 2 seconds, until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="print one object; with --watch one a line")


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


def _print_messages(args: Namespace, *, reader: TopicReader, console: Console, endpoints: Endpoints) -> None:
    decode = Decoder(RegistrySchemas(endpoints.compatible_registry))
    backlog = messages.read_backlog(reader, decode=decode, last=args.limit, key=args.key)
    if args.json or not console.is_terminal:
        write_json_lines(backlog, console=console)
        if args.follow:
            write_json_lines(messages.follow_topic(reader, decode=decode, key=args.key), console=console, flush=True)
        return
    table = TablePrinter(console)
    table.print(backlog)
    console.print(Text(f"{table.count:,} record{'' if table.count == 1 else 's'}", style="dim"))
    if args.follow:
        table.print(messages.follow_topic(reader, decode=decode, key=args.key), at_once=1)


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


def _discard_output(console: Console) -> None:
    """Redirect buffered output to /dev/null: after `| head`, Python would fail to flush it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), console.file.fileno())
