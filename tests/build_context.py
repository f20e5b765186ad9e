"""Files of this repository that `docker build` copies into an image, by .dockerignore and COPY.

Implements BuildKit's rules: https://docs.docker.com/build/concepts/context/#dockerignore-files. Only the
syntax of the project's Dockerfiles is supported; anything else is an error, so that no file is silently omitted.
"""

import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


class BuildError(Exception):
    """The build would fail, or the Dockerfile uses unsupported syntax."""


@dataclass(frozen=True)
class Pattern:
    """A line of a .dockerignore."""

    expression: re.Pattern[str]
    excludes: bool

    @classmethod
    def parse(cls, line: str) -> "Pattern":
        """Parse a line; a leading `!` includes files again that an earlier line excludes."""
        text = line.removeprefix("!").strip().strip("/")
        return cls(re.compile(_expression(text)), excludes=not line.startswith("!"))

    def matches(self, path: PurePosixPath) -> bool:
        """Return whether the pattern matches a file or a folder above it."""
        return any(self.expression.fullmatch(str(entry)) for entry in (path, *path.parents[:-1]))


def _expression(pattern: str) -> str:
    """Return the regular expression of a pattern; `**` is any number of folders, `*` and `?` match no slash."""
    if re.search(r"[\[\\]", pattern):
        raise BuildError(f"the pattern {pattern!r} is not supported")
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return "".join(known.get(part, re.escape(part)) for part in parts)


def ignore_patterns(dockerfile: Path) -> list[Pattern]:
    """Return the patterns of the Dockerfile's own .dockerignore, in order."""
    lines = dockerfile.with_name(f"{dockerfile.name}.dockerignore").read_text(encoding="utf-8").splitlines()
    return [Pattern.parse(line.strip()) for line in lines if line.strip() and not line.startswith("#")]


def is_in_context(path: PurePosixPath, patterns: list[Pattern]) -> bool:
    """Return whether a file is in the build context: the last matching pattern decides."""
    matching = [pattern for pattern in patterns if pattern.matches(path)]
    return not (matching and matching[-1].excludes)


def context(root: Path, dockerfile: Path) -> list[PurePosixPath]:
    """Return the files of the build context: tracked and untracked files that .dockerignore does not exclude."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    patterns = ignore_patterns(dockerfile)
    files = (PurePosixPath(name) for name in listed if name)
    return sorted(path for path in files if (root / path).is_file() and is_in_context(path, patterns))


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """An instruction of a Dockerfile, with its continuation lines."""

    name: str
    words: tuple[str, ...]
    options: Mapping[str, str]


def instructions(dockerfile: Path) -> Iterator[Instruction]:
    """Yield the instructions in order."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for line in re.sub(r"\\\s*\n", " ", text).splitlines():
        name, _, rest = line.strip().partition(" ")
        if name in ("COPY", "WORKDIR", "ADD"):
            words = shlex.split(rest)
            options = dict(word.removeprefix("--").split("=", 1) for word in words if word.startswith("--"))
            yield Instruction(
                name=name, words=tuple(word for word in words if not word.startswith("--")), options=options
            )
        elif name:
            yield Instruction(name=name, words=(rest.strip(),), options={})


def copied(root: Path, dockerfile: Path) -> dict[PurePosixPath, Path]:
    """Return the files that all stages of a Dockerfile copy from the context, by path in the image."""
    here, workdir, found = context(root, dockerfile), PurePosixPath("/"), dict[PurePosixPath, Path]()
    for line in instructions(dockerfile):
        if line.name == "ADD":
            raise BuildError("ADD is not supported")
        if line.name == "FROM":
            workdir = PurePosixPath("/")
        elif line.name == "WORKDIR":
            workdir /= line.words[0]
        elif line.name == "COPY" and "from" not in line.options:
            *sources, target = line.words
            for source in sources:
                found |= _copied(source, target, workdir=workdir, context=here, root=root)
    return found


def _copied(
    source: str, target: str, *, workdir: PurePosixPath, context: list[PurePosixPath], root: Path
) -> dict[PurePosixPath, Path]:
    if "*" in source:
        raise BuildError(f"COPY {source}: a pattern is not supported")
    path, to = PurePosixPath(source), workdir / target
    if path in context:
        return {to / path.name if target.endswith("/") else to: root / path}
    inside = {to / file.relative_to(path): root / file for file in context if file.is_relative_to(path)}
    if not inside:
        raise BuildError(f"COPY {source}: the build fails, nothing of it is in the context")
    return inside
