"""What the console's views know of the pipeline."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sluice.view.endpoints import Endpoints
from sluice.view.pipeline_status import FetchStatus, PipelineStatus, ProcessStatus


class ShownPipeline(Protocol):
    """The pipeline that a console shows; sluice/target_pipeline.py has it."""

    @property
    def endpoints(self) -> Endpoints:
        """Its endpoints."""
        ...

    def status(
        self, fetch: FetchStatus | None = None, *, processes: Sequence[ProcessStatus] | None = None
    ) -> PipelineStatus:
        """Query all parts, as `sluice status`; takes as long as the slowest.

        `fetch` queries them: by default by new connections. `processes`, if they are known, are not looked for again.
        """
        ...

    def variables(self) -> Mapping[str, str]:
        """Return the environment with which `sluice --target external` finds the same pipeline."""
        ...

    @property
    def proofs_folder(self) -> Path:
        """Folder of the notes of proofs."""
        ...
