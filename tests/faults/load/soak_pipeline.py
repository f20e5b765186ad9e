"""The pipeline of a part: a local pipeline of its own, in a folder that is removed at the end."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from producer.runtime.exit_status import Exit, SluiceError
from sluice.local.fetch_servers import cache_folder
from sluice.local.instance import INSTANCE_FILE, Instance
from sluice.local.processes import free_port_base
from sluice.view.endpoints import Endpoints
from tests.faults.no_interrupts import no_interrupts
from tests.run_sluice import SLUICE

_UP_SECONDS = 1800
"""A first start on a busy machine, which also fetches and builds."""
_DOWN_SECONDS = 120
_END_SECONDS = 20
PROOF_OPTIONS = ("-o", "proof.html", "--wait", "600", "--json")
PRIVATE_FOLDERS = {"TMPDIR": "tmp", "HOME": "home"}
"""Environment variables of the commands under test, and the folder of the part that each names: what a command leaves
behind is then in a folder in which nothing else writes."""


@dataclass(frozen=True, kw_only=True)
class PipelineOptions:
    """Where and how a part's pipeline runs."""

    folder: Path | None = None
    """Folder in which the part's own folder is made; None: the system's for temporary files."""
    port_base: int | None = None
    workers: int = 2
    redis_megabytes: int = 512


@dataclass(frozen=True, kw_only=True)
class SoakPipeline:
    """A running pipeline, and the commands under test."""

    instance: Instance
    folder: Path
    env: Mapping[str, str] = field(repr=False)
    children: list["subprocess.Popen[str]"] = field(default_factory=list["subprocess.Popen[str]"])
    """Commands that were started; those that still run are ended with the pipeline."""

    @property
    def endpoints(self) -> Endpoints:
        """Endpoints of the pipeline."""
        return Endpoints.from_env(self.instance.endpoint_variables())

    @property
    def work(self) -> Path:
        """Working folder of the commands."""
        return self.folder / "work"

    def start(self, *arguments: str, stdin: int | None = subprocess.DEVNULL) -> "subprocess.Popen[str]":
        """Start a `sluice` command; its output is kept in pipes, so it must be short (--json, no progress)."""
        child = subprocess.Popen(
            [SLUICE, *arguments],
            env=self.env,
            cwd=self.work,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Ctrl-C reaches this program only, which ends its commands itself.
            start_new_session=True,
        )
        self.children.append(child)
        return child

    def finish(self, child: "subprocess.Popen[str]", *expected: Exit) -> str:
        """Wait for the end of a command; return standard output. Raises SluiceError for a status not `expected`."""
        out, errors = child.communicate()
        self.children.remove(child)
        if child.returncode not in (expected or (Exit.OK,)):
            command = " ".join(["sluice", *_words(child.args)[1:]])
            raise SluiceError(f"{command} ended with {child.returncode}: {errors.strip() or out.strip()}")
        return out

    def run(self, *arguments: str) -> str:
        """Run a `sluice` command; return standard output. Raises SluiceError if it fails."""
        return self.finish(self.start(*arguments))

    def prove(self, source: str, *options: str) -> dict[str, Any]:
        """Return the JSON result of a proof, whatever its verdict."""
        child = self.start("proof", source, *PROOF_OPTIONS, *options)
        return json.loads(self.finish(child, Exit.OK, Exit.DIFFERENT))

    def end_children(self) -> None:
        """End the commands that still run."""
        for child in self.children:
            child.terminate()
        for child in self.children:
            try:
                child.communicate(timeout=_END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.communicate()
        self.children.clear()


def _words(arguments: object) -> Sequence[str]:
    return [str(word) for word in arguments] if isinstance(arguments, list | tuple) else [str(arguments)]


def proof_problems(answer: dict[str, Any], *, equal: int) -> list[str]:
    """Return a sentence for each way in which a proof's result is not `equal` rows or images, or none (--absent)."""
    if answer["outcome"] != "proven":
        return [" ".join([answer["headline"], *answer["reasons"]])]
    if not answer["absent"] and answer["equal"] != equal:
        return [f"{answer['equal']:,} of {equal:,} are equal"]
    return []


@contextmanager
def soak_pipeline(options: PipelineOptions) -> Generator[SoakPipeline]:
    """Start a pipeline in a new folder; take it down and remove the folder at the end."""
    folder = Path(mkdtemp(prefix="sluice-soak-", dir=options.folder))
    state = folder / "state"
    try:
        base = options.port_base or free_port_base()
        size = ("--workers", str(options.workers), "--redis-memory", str(options.redis_megabytes))
        _administer(state, "up", "--port-base", str(base), *size, seconds=_UP_SECONDS)
        pipeline = SoakPipeline(instance=Instance.open(state), folder=folder, env=_environment(folder, state))
        pipeline.work.mkdir()
        try:
            yield pipeline
        finally:
            pipeline.end_children()
    finally:
        with no_interrupts():
            if (state / INSTANCE_FILE).exists():
                _administer(state, "down", "--purge", seconds=_DOWN_SECONDS)
            shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path, state: Path) -> dict[str, str]:
    for name in PRIVATE_FOLDERS.values():
        (folder / name).mkdir()
    private = {variable: str(folder / name) for variable, name in PRIVATE_FOLDERS.items()}
    return {**os.environ, **private, "SLUICE_CACHE": str(cache_folder(os.environ)), "SLUICE_STATE": str(state)}


def _administer(state: Path, *arguments: str, seconds: float) -> None:
    """Run `sluice up` or `down`; it is ended cleanly where this program is interrupted meanwhile."""
    command = [SLUICE, "--state", str(state), *arguments]
    child = subprocess.Popen(command, stdout=-1, stderr=-1, text=True, start_new_session=True)
    try:
        _, errors = child.communicate(timeout=seconds)
    except BaseException as error:
        child.send_signal(signal.SIGINT)
        child.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise SluiceError(f"sluice {arguments[0]} did not end within {seconds:.0f} s") from error
        raise
    if child.returncode:
        raise SluiceError(f"sluice {arguments[0]} ended with {child.returncode}: {errors.strip()}")
