"""The load of a source, and its proof, as Jobs: one after the other, each once.

`pulumi up` waits for them: a load that rejects rows or a proof that finds a difference fails it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, CustomTimeouts, Resource, ResourceOptions
from pulumi_kubernetes.batch.v1 import Job, PodFailurePolicyArgsDict, PodFailurePolicyOnExitCodesRequirementArgsDict
from pulumi_kubernetes.core.v1 import ContainerArgsDict

from infra.settings.profiles import Resources
from infra.settings.stack_settings import LoadSettings
from infra.workloads import data_folder, toolbox
from infra.workloads.pod_template import Pod
from infra.workloads.workload_context import WorkloadContext

_UID = 65532
_LOAD = "load"
_PROOF = "proof"
_RESOURCES = Resources(cpu="500m", memory_mi=768)
_DAY = 24 * 60 * 60
_TRIES = 3
_HOPELESS = (2, 3, 5)
"""Exit statuses that come again: a wrong command line, rejected rows, a difference (exits.py)."""
_REPORT = "/tmp/proof.html"  # noqa: S108 the container's own


@dataclass(frozen=True, kw_only=True)
class LoadJobsArgs:
    """What is loaded, and what has to be there first."""

    context: WorkloadContext
    load: LoadSettings
    source: str
    after: Sequence[Resource]


class LoadJobs(ComponentResource):
    """The load, and where it is wanted the proof."""

    def __init__(self, name: str, args: LoadJobsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:workloads:Jobs", name, None, opts)
        self._args = args
        after = list(args.after)
        if args.load.folder:
            after.append(data_folder.data_folder(args.load.folder, context=args.context, parent=self, after=after))
        loaded = self._job(_LOAD, self._loader(), scratch="2Gi", after=after)
        if args.load.prove:
            self._job(_PROOF, self._prover(), scratch=toolbox.SCRATCH, after=[*after, loaded])
        self.register_outputs({})

    def _loader(self) -> ContainerArgsDict:
        load = self._args.load
        return {
            "name": _LOAD,
            "image": self._args.context.images.ours("loader"),
            "args": [load.kind, self._args.source, "--rejects", "/tmp/rejects.csv", *load.options],  # noqa: S108
            "env": toolbox.producer_variables(),
        }

    def _prover(self) -> ContainerArgsDict:
        return {
            "name": _PROOF,
            "image": self._args.context.images.ours("toolbox"),
            "command": ["sh", "-c", proof_script(), "proof"],
            "args": [self._args.source, *self._args.load.proof_options],
            "env": toolbox.endpoint_variables(),
        }

    def _job(self, name: str, container: ContainerArgsDict, *, scratch: str, after: Sequence[Resource]) -> Job:
        minutes = self._args.load.timeout_minutes
        pod = Pod(
            name=name,
            component=_LOAD,
            resources=_RESOURCES,
            user=_UID,
            container=container,
            scratch={"/tmp": scratch},  # noqa: S108 its own
            volumes=[data_folder.VOLUME] if self._args.load.folder else [],
            mounts=[data_folder.MOUNT] if self._args.load.folder else [],
            mounts_kafka_ca=True,
            restart_policy="Never",
        )
        return Job(
            name,
            metadata=self._args.context.metadata(name, _LOAD),
            spec={
                "backoff_limit": _TRIES,
                "active_deadline_seconds": minutes * 60,
                "ttl_seconds_after_finished": _DAY,
                "pod_failure_policy": _no_second_try(name),
                "template": pod.template(),
            },
            opts=ResourceOptions(
                parent=self,
                depends_on=after,
                custom_timeouts=CustomTimeouts(create=f"{minutes + 1}m", update=f"{minutes + 1}m"),
            ),
        )


def proof_script(*, report: str = _REPORT) -> str:
    """The shell script that proves what its arguments say, with the proof's own exit status.

    The report goes to the log, which is all that outlives a Job's container; its last lines are the page.
    """
    steps = (
        f'sluice --target external proof "$@" --output {report}',
        "status=$?",
        f"[ ! -s {report} ] || cat {report}",
        "exit $status",
    )
    return "; ".join(steps)


def _no_second_try(container: str) -> PodFailurePolicyArgsDict:
    statuses: PodFailurePolicyOnExitCodesRequirementArgsDict = {
        "container_name": container,
        "operator": "In",
        "values": list(_HOPELESS),
    }
    return {"rules": [{"action": "FailJob", "on_exit_codes": statuses}]}
