"""Lists a command line for every command of `sluice` by walking its parser, so that tests cover new commands too."""

import argparse
from collections.abc import Iterator
from typing import Any

ARGUMENT_VALUES = {
    "LETTER": "mysql-sink:0:0",
    "TOPIC": "gps-fixes",
    "KEY": "2012-11-16/Cam0/1353099678000000",
    "FILE": "letters.csv",
}
"""Value of an argument by its metavar; any other argument is a source."""


def command_lines(parser: argparse.ArgumentParser, *, source: str) -> list[list[str]]:
    """Return the shortest command line of every command and sub-command."""
    return [words for words in _lines(parser, source) if words]


def _lines(parser: argparse.ArgumentParser, source: str) -> Iterator[list[str]]:
    own: list[str] = []
    children: Any = None
    for action in parser._actions:
        if action.__class__.__name__ == "_SubParsersAction":
            children = action
        elif not action.option_strings and action.nargs != "*":
            own.append(ARGUMENT_VALUES.get(str(action.metavar), source))
    if children is None or not children.required:
        yield own
    for name, child in (children.choices if children else {}).items():
        yield from ([name, *rest] for rest in _lines(child, source))
