"""Lets `sluice proof` judge the stores, with sources made of what the model says."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from producer.runtime.exit_status import Exit
from tests.faults.schedules.local_pipeline import LocalPipeline
from tests.faults.schedules.traffic_plan import Row, log_line


def prove_rows(pipeline: LocalPipeline, rows: Mapping[int, Row], *, folder: Path) -> str:
    """Return why the proof of the rows fails; empty if it does not."""
    path = folder / "expected.csv"
    with path.open("w") as file:
        file.writelines(log_line(key, row) for key, row in sorted(rows.items()))
    return _prove(pipeline, path, folder=folder)


def prove_images(pipeline: LocalPipeline, images: Mapping[str, bytes], *, folder: Path) -> str:
    """Return why the proof of the images fails; empty if it does not."""
    source = folder / "expected-images"
    shutil.rmtree(source, ignore_errors=True)
    for key, content in images.items():
        path = source / f"{key}.tiff"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return _prove(pipeline, source, "--max-bytes", "all", folder=folder)


def _prove(pipeline: LocalPipeline, source: Path, *options: str, folder: Path) -> str:
    report = folder / "proof.html"
    report.unlink(missing_ok=True)
    done = pipeline.sluice("proof", str(source), "-o", str(report), "--json", *options)
    if done.returncode == Exit.OK:
        return ""
    try:
        verdict = json.loads(done.stdout)
        return f"sluice proof says {verdict.get('outcome')}: {verdict.get('reasons')}"
    except ValueError:
        return f"sluice proof ended with status {done.returncode}: {done.stderr.strip()[-300:]}"
