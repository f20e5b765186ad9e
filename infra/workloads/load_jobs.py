"""Jobs that load a source, then prove it. `pulumi up` waits for both.

A load that rejects rows, or a proof that finds a difference, fails `pulumi up`, and the next one runs it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, CustomTimeouts, Resource, ResourceOptions
from pulumi_kubernetes.batch.v1 import Job, PodFailurePolicyArgsDict, PodFailurePolicyOnExitCodesRequirementArgsDict
from pulumi_kubernetes.core.v1 import ContainerArgsDict

from infra.settings.profiles import Resources
from infra.settings.stack_settings import LoadSettings
from infra.workloads import data_folder, source_reader, toolbox
from infra.workloads.pod_template import Pod
from infra.workloads.workload_context import WorkloadContext
from producer.runtime.exit_status import Exit

_UID = 65532
_LOAD = "load"
_PROOF = "proof"
RESOURCES = Resources(cpu="200m", memory_mi=768)
"""Of each Job; little CPU, so that it fits beside the pipeline, and no limit on what it uses."""
_RETRIES = 3
_NOT_RETRIED = (Exit.USAGE, Exit.REJECTED, Exit.DIFFERENT)
"""Exit statuses that a retry would end with too."""
_REPLACED_WHERE_FAILED = {"pulumi.com/replaceUnready": "true"}
"""Annotation: Pulumi replaces a Job that has not succeeded. Otherwise every later `up` reports the old failure."""
_REPORT = "/tmp/proof.html"  # noqa: S108 the container's own


@dataclass(frozen=True, kw_only=True)
class LoadJobsArgs:
    """The settings of the load, and its source; `after` is the running pipeline."""

    context: WorkloadContext
    load: LoadSettings
    source: str
    after: Sequence[Resource]


class LoadJobs(ComponentResource):
    """The load Job, and after it the proof Job where proof.enabled is set."""

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
            resources=RESOURCES,
            user=_UID,
            container=container,
            scratch={"/tmp": scratch},  # noqa: S108 its own
            volumes=[data_folder.VOLUME] if self._args.load.folder else [],
            mounts=[data_folder.MOUNT] if self._args.load.folder else [],
            mounts_kafka_ca=True,
            service_account=source_reader.NAME,
            restart_policy="Never",
        )
        return Job(
            name,
            metadata=self._args.context.metadata(name, _LOAD, annotations=_REPLACED_WHERE_FAILED),
            # No ttl_seconds_after_finished: `pulumi up --refresh` would miss the deleted Job, and load again.
            spec={
                "backoff_limit": _RETRIES,
                "active_deadline_seconds": minutes * 60,
                "pod_failure_policy": _failure_policy(name),
                "template": pod.template(),
            },
            opts=ResourceOptions(
                parent=self,
                depends_on=after,
                custom_timeouts=CustomTimeouts(create=f"{minutes + 1}m", update=f"{minutes + 1}m"),
            ),
        )


def proof_script(*, report: str = _REPORT) -> str:
    """Shell script of the proof Job: runs `sluice proof` with the script's arguments, and ends with its exit status.

    It prints the report (an HTML page) last: only the log outlives a Job's container.
    """
    steps = (
        f'sluice --target external proof "$@" --output {report}',
        "status=$?",
        f"[ ! -s {report} ] || cat {report}",
        "exit $status",
    )
    return "; ".join(steps)


def _failure_policy(container: str) -> PodFailurePolicyArgsDict:
    statuses: PodFailurePolicyOnExitCodesRequirementArgsDict = {
        "container_name": container,
        "operator": "In",
        "values": [int(status) for status in _NOT_RETRIED],
    }
    return {"rules": [{"action": "FailJob", "on_exit_codes": statuses}]}
