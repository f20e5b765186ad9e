"""Reads YAML files into documents that keep line numbers, so that a mistake can be reported with its line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from producer.runtime.exit_status import SluiceError

ROOT = Path(__file__).resolve().parents[2]
Object = dict[str, Any]
"""A Kubernetes object, as its YAML is written."""
_MAX_DEPTH = 100
_MAX_NODES = 100_000
"""Values of one object. A few lines of aliases of aliases can stand for more than any memory holds."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ManifestError(SluiceError):
    """Mistakes in files of k8s/; each is a sentence with file and line."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__(mistakes[0] if len(mistakes) == 1 else "\n  ".join([f"{len(mistakes)} mistakes:", *mistakes]))


@dataclass(frozen=True, kw_only=True)
class Document:
    """One object of a YAML file: its value, and its YAML nodes, which hold the line numbers."""

    path: Path
    value: Object
    node: yaml.MappingNode

    @property
    def kind(self) -> str:
        """`kind` of the object; empty where it has none."""
        return str(self.value.get("kind") or "")

    @property
    def name(self) -> str:
        """`metadata.name`; empty where it has none."""
        metadata = self.value.get("metadata")
        return str(metadata.get("name") or "") if isinstance(metadata, dict) else ""

    def location(self, node: yaml.Node | None = None) -> str:
        """Return file and line of a node, or of the object."""
        return file_line(self.path, (node or self.node).start_mark.line + 1)


def file_line(path: Path, line: int | None = None) -> str:
    """Return a path for messages, relative to the checkout where it is inside, with a line (from 1) where given."""
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return f"{shown} line {line}" if line else str(shown)


def read_text(path: Path) -> str:
    """Read a UTF-8 file; raises ManifestError, with the line of a byte that is not UTF-8."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ManifestError([f"{file_line(path)} cannot be read: {error.strerror}"]) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ManifestError(
            [f"{file_line(path, line)}: the byte 0x{data[error.start]:02x} is not UTF-8. Save the file as UTF-8."]
        ) from error


def read_documents(path: Path) -> list[Document]:
    """Read every object of a YAML file; raises ManifestError."""
    documents = list(_documents(path, read_text(path)))
    if not documents:
        raise ManifestError([f"{file_line(path)} holds no object: it is empty, or all of it is a comment"])
    return documents


def _documents(path: Path, text: str) -> Iterator[Document]:
    loader = None
    try:
        _check_nesting(path, text)
        loader = _Loader(text)
        while loader.check_node():
            node = loader.get_node()
            if _is_null(node):  # an empty document between two lines of ---
                continue
            if not isinstance(node, yaml.MappingNode) or node.tag != "tag:yaml.org,2002:map":
                raise ManifestError([f"{_node_line(path, node)}: this is no object with kind and metadata"])
            if _count(node, {}) > _MAX_NODES:
                raise ManifestError(
                    [f"{_node_line(path, node)}: with its aliases this is more than {_MAX_NODES:,} values"]
                )
            if mistakes := list(_duplicates(path, node)):
                raise ManifestError(mistakes)
            yield Document(path=path, value=cast(Object, loader.construct_document(node)), node=node)
    except yaml.MarkedYAMLError as error:
        raise ManifestError([_explain(path, error)]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ManifestError([f"{file_line(path, line)}: a control character, which YAML does not allow"]) from error
    except (ValueError, TypeError, OverflowError) as error:  # for example the date 2026-13-32
        raise ManifestError([f"{file_line(path)} holds a value that cannot be read: {error}"]) from error
    finally:
        if loader is not None:
            loader.dispose()


def _check_nesting(path: Path, text: str) -> None:
    """Raise ManifestError for objects that are nested too deeply: composing them would end the interpreter."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise ManifestError(
                [f"{file_line(path, event.start_mark.line + 1)}: nested deeper than {_MAX_DEPTH} levels"]
            )


def _count(node: yaml.Node, known: dict[int, int]) -> int:
    """Return the number of values in a node, those of an alias each time it is used; of one inside itself once."""
    if id(node) not in known:
        known[id(node)] = 1
        pairs: list[Any] = node.value if isinstance(node, yaml.CollectionNode) else []
        inner = [part for pair in pairs for part in (pair if isinstance(pair, tuple) else (pair,))]
        known[id(node)] = 1 + sum(_count(part, known) for part in inner)
    return known[id(node)]


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _node_line(path: Path, node: yaml.Node) -> str:
    return file_line(path, node.start_mark.line + 1)


def _explain(path: Path, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = file_line(path, mark.line + 1 if mark else None)
    why = ", ".join(part for part in (error.context, error.problem) if part)
    if mark and "\t" in _line(path, mark.line):
        why += ". YAML is indented by spaces; this line holds a tab"
    return f"{where} is no YAML: {why}"


def _line(path: Path, number: int) -> str:
    lines = read_text(path).splitlines()
    return lines[number] if number < len(lines) else ""


def _duplicates(path: Path, node: yaml.Node, above: tuple[yaml.Node, ...] = ()) -> Iterator[str]:
    """Yield a sentence for each duplicate key, of which YAML would keep the last, and for each recursive alias."""
    if any(node is outer for outer in above):
        yield f"{_node_line(path, node)}: an alias of an object that contains it"
        return
    inner: list[yaml.Node] = []
    if isinstance(node, yaml.SequenceNode):
        inner = list(node.value)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen and key.value != "<<":
                yield f"{_node_line(path, key)}: {key.value} is a duplicate"
            seen.add(str(key.value))
            inner.append(value)
    for entry in inner:
        yield from _duplicates(path, entry, (*above, node))
