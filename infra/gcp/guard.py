"""The guard: two functions, one that hears of the spending and one that hears a clock. See guard_function/README.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, Resource, ResourceOptions
from pulumi_gcp import artifactregistry, cloudfunctionsv2, cloudrunv2, cloudscheduler, projects, pubsub, serviceaccount

from infra.gcp.cloud_context import CloudContext
from infra.gcp.guard_config import CLOCK_JOB, TIMEOUT_SECONDS, function_environment, guard_output
from infra.gcp.guard_source import GuardSource, GuardSourceArgs

PERMISSIONS = (
    "cloudscheduler.jobs.get",
    "compute.instanceGroupManagers.get",
    "container.clusters.get",
    "container.clusters.update",
    "container.operations.get",
)
"""All that the guard may do."""
_RUNTIME = "python313"
_INVOKER = "roles/run.invoker"
_NOTHING = "e30="  # {}, as base64


@dataclass(frozen=True, kw_only=True)
class GuardArgs:
    """What the guard needs first: `after` holds the budget."""

    context: CloudContext
    topic: pubsub.Topic
    images: artifactregistry.Repository
    after: Sequence[Resource]


class Guard(ComponentResource):
    """The functions, their accounts and the clock. They cost next to nothing: see docs/cost.md."""

    guard_output: Mapping[str, Any]
    """The stack's output `guard`: what scripts/extend and scripts/wake work on."""

    def __init__(self, name: str, args: GuardArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:gcp:Guard", name, None, opts)
        self._context, self._args = args.context, args
        self._source = GuardSource(
            "guard-source",
            GuardSourceArgs(context=args.context, images=args.images, after=args.after),
            ResourceOptions(parent=self),
        )
        self._account = self._make_account("guard", "Stops the nodes of")
        self._caller = self._make_account("guard-caller", "Calls the guard of")
        self._inside = ResourceOptions(parent=self, depends_on=[*args.after, self._source, *self._make_rights()])
        on_budget = self._make_function("on-budget", "on_budget", trigger=self._trigger())
        on_clock = self._make_function("on-clock", "on_clock", trigger=None)
        invokers = [self._let_call(function, what) for what, function in (("budget", on_budget), ("clock", on_clock))]
        self._make_clock(on_clock, after=invokers)
        self.guard_output = guard_output(args.context)
        self.register_outputs({"guard": self.guard_output})

    def _make_account(self, what: str, does: str) -> serviceaccount.Account:
        return serviceaccount.Account(
            what,
            account_id=self._context.name(what),
            project=self._context.project,
            display_name=f"{does} {self._context.title}",
            opts=ResourceOptions(parent=self, depends_on=self._args.after),
        )

    def _make_rights(self) -> list[Resource]:
        inside = ResourceOptions(parent=self, depends_on=self._args.after)
        role = projects.IAMCustomRole(
            "guard",
            project=self._context.project,
            role_id=f"{self._context.settings.cluster.name.replace('-', '_')}_guard",
            title=f"Guard of {self._context.settings.cluster.name}",
            description="Reads a cluster, and changes the size of its node pools.",
            permissions=list(PERMISSIONS),
            opts=inside,
        )
        granted = {
            "guard-may": (role.name, self._account),
            "caller-hears": ("roles/eventarc.eventReceiver", self._caller),
        }
        return [
            projects.IAMMember(name, project=self._context.project, role=role_name, member=account.member, opts=inside)
            for name, (role_name, account) in granted.items()
        ]

    def _trigger(self) -> cloudfunctionsv2.FunctionEventTriggerArgs:
        return cloudfunctionsv2.FunctionEventTriggerArgs(
            event_type="google.cloud.pubsub.topic.v1.messagePublished",
            pubsub_topic=self._args.topic.id,
            trigger_region=self._context.region,
            # A message that cannot be read is logged and done with; another try is for what may go better then.
            retry_policy="RETRY_POLICY_RETRY",
            service_account_email=self._caller.email,
        )

    def _make_function(
        self, name: str, entry_point: str, *, trigger: cloudfunctionsv2.FunctionEventTriggerArgs | None
    ) -> cloudfunctionsv2.Function:
        return cloudfunctionsv2.Function(
            name,
            name=self._context.name(name),
            project=self._context.project,
            location=self._context.region,
            description=f"Guards the spending of {self._context.title}",
            labels=self._context.labels,
            build_config=cloudfunctionsv2.FunctionBuildConfigArgs(
                runtime=_RUNTIME,
                entry_point=entry_point,
                source=self._source.code,
                service_account=self._source.builder,
                docker_repository=self._args.images.id,
            ),
            service_config=cloudfunctionsv2.FunctionServiceConfigArgs(
                service_account_email=self._account.email,
                environment_variables=function_environment(self._context),
                available_memory="256Mi",
                timeout_seconds=TIMEOUT_SECONDS,
                min_instance_count=0,
                max_instance_count=1,
                max_instance_request_concurrency=1,
                ingress_settings="ALLOW_INTERNAL_ONLY",
                all_traffic_on_latest_revision=True,
            ),
            event_trigger=trigger,
            opts=self._inside,
        )

    def _let_call(self, function: cloudfunctionsv2.Function, what: str) -> Resource:
        """A function of the 2nd generation is called as the Cloud Run service of its name."""
        return cloudrunv2.ServiceIamMember(
            f"call-on-{what}",
            project=self._context.project,
            location=self._context.region,
            name=function.name,
            role=_INVOKER,
            member=self._caller.member,
            opts=self._inside,
        )

    def _make_clock(self, function: cloudfunctionsv2.Function, *, after: Sequence[Resource]) -> None:
        address = function.service_config.apply(lambda config: (config.uri if config else None) or "")
        cloudscheduler.Job(
            "clock",
            name=self._context.name(CLOCK_JOB),
            project=self._context.project,
            region=self._context.region,
            description=f"Asks the guard of {self._context.title}, whether its time is up",
            schedule="*/15 * * * *",
            time_zone="Etc/UTC",
            attempt_deadline=f"{TIMEOUT_SECONDS}s",
            http_target=cloudscheduler.JobHttpTargetArgs(
                http_method="POST",
                uri=address,
                body=_NOTHING,
                headers={"Content-Type": "application/json"},
                oidc_token=cloudscheduler.JobHttpTargetOidcTokenArgs(
                    service_account_email=self._caller.email, audience=address
                ),
            ),
            # scripts/extend and scripts/wake keep the time in the body.
            opts=ResourceOptions.merge(
                self._inside, ResourceOptions(depends_on=list(after), ignore_changes=["httpTarget.body"])
            ),
        )
