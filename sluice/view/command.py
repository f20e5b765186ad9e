"""The commands `sluice messages` and `sluice status`: arguments and output."""

import os
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from typing import NoReturn

from rich.console import Console
from rich.live import Live
from rich.text import Text

from producer.runtime.exit_status import Exit
from producer.runtime.terminal import write_json
from sluice.view import messages, status_table
from sluice.view.endpoints import Endpoints
from sluice.view.message_table import TablePrinter, write_json_lines
from sluice.view.pipeline_status import PipelineStatus, ProcessStatus, fetch_status
from sluice.view.record_decoder import Decoder
from sluice.view.registry_schemas import RegistrySchemas
from sluice.view.topic_reader import TopicReader

WATCH_SECONDS = 2.0
"""Pause between two outputs of `sluice status --watch`."""


def add_messages_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `sluice messages`."""
    parser.add_argument("topic", metavar="TOPIC", help="name of the topic")
    parser.add_argument("-f", "--follow", action="store_true", help="then wait for new messages, until Ctrl-C")
    parser.add_argument(
        "-n", "--limit", type=_count, metavar="N", help="only the newest N messages, like tail (default: all)"
    )
    parser.add_argument("-k", "--key", metavar="KEY", help="only messages with this key; the whole topic is read")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each message: what a pipe gets anyway")


def run_messages(
    args: Namespace,
    *,
    console: Console,
    endpoints: Endpoints,
) -> Exit:
    """Print the records of a topic; raises SluiceError as TopicReader and RegistrySchemas do."""
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


def run_status(
    args: Namespace,
    *,
    console: Console,
    endpoints: Endpoints,
    processes: Callable[[], Sequence[ProcessStatus] | None],
    recent_failures: Callable[[], Sequence[str]],
) -> Exit:
    """Print the pipeline's status; UNAVAILABLE if a part does not answer, FAILED if a connector or task is.

    `processes` returns the local pipeline's processes, None for any other; `recent_failures` a sentence for each
    connector that failed a moment ago.
    """

    def fetch() -> PipelineStatus:
        status = fetch_status(endpoints, processes=processes())
        # Asked last: what was restarted meanwhile is among them.
        return replace(status, recent_failures=tuple(recent_failures()))

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
    decode = Decoder(RegistrySchemas(endpoints.registry_compatible_url))
    present = messages.read_backlog(reader, decode=decode, last=args.limit, key=args.key)
    if args.json or not console.is_terminal:
        write_json_lines(present, console=console)
        if args.follow:
            write_json_lines(messages.follow_topic(reader, decode=decode, key=args.key), console=console, flush=True)
        return
    table = TablePrinter(console)
    table.print(present)
    console.print(Text(f"{table.count:,} message{'' if table.count == 1 else 's'}", style="dim"))
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
        raise ArgumentTypeError(f"{text!r} is not a number of messages")
    return int(text)


def _discard_output(console: Console) -> None:
    """Send what is still buffered to /dev/null: after `| head` it has no reader, and must not fail when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), console.file.fileno())
