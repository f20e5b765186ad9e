"""The pipeline that a command is for, on this machine or where environment variables say."""

import os
import tempfile
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from producer.runtime.exit_status import SluiceError
from sluice.view.endpoints import Endpoints

if TYPE_CHECKING:
    from sluice.local.instance import Instance
    from sluice.view.pipeline_status import FetchStatus, PipelineStatus, ProcessStatus

LOCAL, EXTERNAL = "local", "external"
LOCAL_PACKAGE = "sluice.local"


def default_target() -> str:
    """Return local; external in an image without the local pipeline."""
    return LOCAL if find_spec(LOCAL_PACKAGE) else EXTERNAL


@dataclass(frozen=True)
class TargetPipeline:
    """The pipeline of the arguments --target and --state, LOCAL or EXTERNAL.

    Whatever needs the local pipeline's state folder raises SluiceError (UNAVAILABLE) where there is none.
    """

    args: Namespace
    env: Mapping[str, str]

    @property
    def endpoints(self) -> Endpoints:
        """Its endpoints; raises SluiceError that names every variable missing."""
        return Endpoints.from_env(self.variables())

    def variables(self) -> Mapping[str, str]:
        """Return the environment with the variables of sluice/view/endpoints.py that hold for the target."""
        return self.env if self._is_external else {**self.env, **self._instance.endpoint_variables()}

    @property
    def proofs_folder(self) -> Path:
        """Folder of the notes of proofs: in the state folder, or of a pipeline elsewhere in that for temporary files.

        On a cluster this is the toolbox's /tmp, which a new pod has empty.
        """
        if not self._is_external:
            return self._instance.state / "proofs"
        pipeline = sha256(self.env.get("SLUICE_BOOTSTRAP_SERVERS", "").encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"sluice-proofs-{os.geteuid()}-{pipeline}"

    def load_variables(self) -> Mapping[str, str]:
        """Return `variables`; the environment alone for a load that sends nothing and needs no pipeline."""
        try:
            return self.variables()
        except SluiceError:
            if getattr(self.args, "dry_run", False):
                return self.env
            raise

    def status(
        self, fetch: "FetchStatus | None" = None, *, processes: "Sequence[ProcessStatus] | None" = None
    ) -> "PipelineStatus":
        """Query all parts, and what only this machine knows of a local pipeline: processes, disk, restarts.

        `fetch` queries the parts: by default fetch_status(), which connects to each of them anew. `processes` are those
        of the local pipeline, if they are known: the table of all of the machine's processes is slow to read.
        """
        if fetch is None:
            from sluice.view.pipeline_status import fetch_status as fetch
        if self._is_external:
            return fetch(self.endpoints, processes=None)
        from sluice.local.auto_restart import recent_failures
        from sluice.local.kafka_broker import applied_disk_reserve
        from sluice.view.disk_status import fetch_disk_status

        status = fetch(self.endpoints, processes=processes or self._processes())
        instance = self._instance
        # Queried last, to include what was restarted during the other queries.
        return replace(
            status,
            recent_failures=recent_failures(instance),
            disk=fetch_disk_status(instance.state, reserve_bytes=applied_disk_reserve(instance)),
        )

    def _processes(self) -> "list[ProcessStatus]":
        """Return the processes, missing ones included."""
        from sluice.local.processes import running_processes
        from sluice.view.pipeline_status import process_statuses

        return process_statuses(self._instance.process_names, running_processes(self._instance))

    @property
    def _is_external(self) -> bool:
        return self.args.target == EXTERNAL

    @property
    def _instance(self) -> "Instance":
        from sluice.local.instance import Instance, state_folder

        # Read anew each time: `sluice up` may change it while a command is running.
        return Instance.open(state_folder(self.args.state, self.env))
