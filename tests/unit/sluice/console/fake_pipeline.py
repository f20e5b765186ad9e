"""A pipeline that does not run, for views of the console that are not to ask it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PYTHON = sys.executable


@dataclass
class FakePipeline:
    """Stand-in for TargetPipeline: a folder for proofs, variables, and endpoints that a test sets."""

    folder: Path = Path("/nowhere")
    endpoints: Any = None

    @property
    def proofs_folder(self) -> Path:
        return self.folder

    def variables(self) -> Mapping[str, str]:
        return {"SLUICE_REDIS_READER_PASSWORD": "secret"}

    def status(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("nobody asks")
