"""The guard: two functions that stop the nodes (and end a stack), one on budget messages, one every 15 minutes.

infra/gcp/guard_function/README.md describes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, Resource, ResourceOptions
from pulumi_gcp import artifactregistry, cloudfunctionsv2, cloudrunv2, cloudscheduler, projects, pubsub, serviceaccount

from infra.gcp.cloud_context import CloudContext
from infra.gcp.custom_role import make_custom_role
from infra.gcp.guard_config import (
    CLOCK_JOB,
    EVENT_TYPE,
    INGRESS,
    MEMORY,
    ON_BUDGET,
    ON_CLOCK,
    RUNTIME,
    TIMEOUT_SECONDS,
    clock_job,
    function_environment,
    guard_output,
)
from infra.gcp.guard_deletion import GuardDeletionArgs, grant_deletion
from infra.gcp.guard_email import guard_policy_names
from infra.gcp.guard_permissions import PERMISSIONS, tested_permissions
from infra.gcp.guard_source import GuardSource, GuardSourceArgs
from infra.gcp.guard_tested import GuardTestArgs
from infra.gcp.guard_trial import GuardTrialArgs, grant_eventarc, make_guard_trial
from infra.workloads.former_names import formerly

_INVOKER = "roles/run.invoker"
_EMPTY_BODY = "e30="  # {}, as base64


@dataclass(frozen=True, kw_only=True)
class GuardArgs:
    """`topic` gets the budget's messages; `images` stores the functions' containers; `after` holds the budget."""

    context: CloudContext
    topic: pubsub.Topic
    has_budget: bool
    images: artifactregistry.Repository
    sleep_cost: str
    """What the stack costs a month while its nodes are stopped, as text."""
    after: Sequence[Resource]


class Guard(ComponentResource):
    """The functions, their service accounts and the Scheduler job; docs/cost.md says what they cost."""

    output: Mapping[str, Any]
    """The stack's output `guard`, for scripts/extend, scripts/wake and scripts/guard-test."""
    test: GuardTestArgs
    """Arguments of the test at the end of `pulumi up`."""

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
        eventarc = grant_eventarc(args.context, parent=self, after=args.after)
        granted = [*args.after, self._source, *self._grant_roles(), eventarc]
        self._trial = make_guard_trial(
            GuardTrialArgs(
                context=args.context,
                source=self._source,
                images=args.images.id,
                topic=args.topic.id,
                account=self._account.email,
                caller=self._caller.email,
                sleep_cost=args.sleep_cost,
            ),
            parent=self,
            after=granted,
        )
        self._inside = ResourceOptions(parent=self, depends_on=[*granted, self._trial])
        on_budget = self._make_function(ON_BUDGET, "on_budget", trigger=self._trigger())
        on_clock = self._make_function(ON_CLOCK, "on_clock", trigger=None)
        invokers = [
            self._allow_calls(function, trigger) for trigger, function in (("budget", on_budget), ("clock", on_clock))
        ]
        self._make_clock(on_clock, after=invokers)
        self.output = guard_output(
            args.context,
            has_budget=args.has_budget,
            alerts=guard_policy_names(args.context, has_budget=args.has_budget),
        )
        self.test = GuardTestArgs(
            project=args.context.project,
            topic=args.topic.name,
            clock_job=clock_job(args.context),
            on_budget=on_budget.name,
            on_clock=on_clock.name,
            permissions=",".join(tested_permissions(args.context)),
            code=self._source.archive,
        )
        self.register_outputs({"guard": self.output})

    def _make_account(self, name: str, purpose: str) -> serviceaccount.Account:
        return serviceaccount.Account(
            name,
            account_id=self._context.name(name),
            project=self._context.project,
            display_name=f"{purpose} {self._context.title}",
            opts=ResourceOptions(parent=self, depends_on=self._args.after),
        )

    def _grant_roles(self) -> list[Resource]:
        inside = ResourceOptions(parent=self, depends_on=self._args.after)
        role = make_custom_role(
            "guard",
            context=self._context,
            title=f"Guard of {self._context.settings.cluster.name}",
            description="Reads a cluster, and changes the size of its node pools.",
            permissions=PERMISSIONS,
            opts=inside,
        )
        granted = (
            ("guard-role", "guard-may", role.name, self._account),
            ("guard-caller-event-receiver", "caller-hears", "roles/eventarc.eventReceiver", self._caller),
        )
        members: list[Resource] = [
            projects.IAMMember(
                name,
                project=self._context.project,
                role=role_name,
                member=account.member,
                opts=formerly(former_name, opts=inside),
            )
            for name, former_name, role_name, account in granted
        ]
        if not self._context.settings.guard.delete_after_days:
            return members
        deletion = GuardDeletionArgs(
            context=self._context, account=self._account, bucket=self._source.bucket, inside=inside
        )
        return [*members, *grant_deletion(deletion)]

    def _trigger(self) -> cloudfunctionsv2.FunctionEventTriggerArgs:
        return cloudfunctionsv2.FunctionEventTriggerArgs(
            event_type=EVENT_TYPE,
            pubsub_topic=self._args.topic.id,
            trigger_region=self._context.region,
            # The function logs and acknowledges an unreadable message; only what may succeed later is retried.
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
                runtime=RUNTIME,
                entry_point=entry_point,
                source=self._source.code,
                service_account=self._source.builder,
                docker_repository=self._args.images.id,
            ),
            service_config=cloudfunctionsv2.FunctionServiceConfigArgs(
                service_account_email=self._account.email,
                environment_variables=function_environment(self._context, sleep_cost=self._args.sleep_cost),
                available_memory=MEMORY,
                timeout_seconds=TIMEOUT_SECONDS,
                min_instance_count=0,
                max_instance_count=1,
                max_instance_request_concurrency=1,
                ingress_settings=INGRESS,
                all_traffic_on_latest_revision=True,
            ),
            event_trigger=trigger,
            opts=ResourceOptions.merge(
                self._inside,
                ResourceOptions(
                    replacement_trigger=self._trial.replacement_trigger(self._context.name(name)),
                    delete_before_replace=True,  # its name is fixed
                ),
            ),
        )

    def _allow_calls(self, function: cloudfunctionsv2.Function, trigger: str) -> Resource:
        """Let the caller's account invoke a function; a 2nd generation function is a Cloud Run service of its name."""
        return cloudrunv2.ServiceIamMember(
            f"call-on-{trigger}",
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
                body=_EMPTY_BODY,
                headers={"Content-Type": "application/json"},
                oidc_token=cloudscheduler.JobHttpTargetOidcTokenArgs(
                    service_account_email=self._caller.email, audience=address
                ),
            ),
            # scripts/extend and scripts/wake store the deadline in the body.
            opts=ResourceOptions.merge(
                self._inside, ResourceOptions(depends_on=list(after), ignore_changes=["httpTarget.body"])
            ),
        )
