"""What the guard's functions wait for: Eventarc's service agent and its role, and a trial of all their grants."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import Output, Resource, ResourceOptions
from pulumi_gcp import projects

from infra.gcp.cloud_context import CloudContext
from infra.gcp.function_trial import FunctionTrial, FunctionTrialArgs
from infra.gcp.guard_config import EVENT_TYPE, INGRESS, MEMORY, ON_BUDGET, ON_CLOCK, RUNTIME, function_environment
from infra.gcp.guard_source import GuardSource

_EVENTARC = "eventarc.googleapis.com"
_EVENTARC_ROLE = "roles/eventarc.serviceAgent"


def grant_eventarc(context: CloudContext, *, parent: Resource, after: Sequence[Resource]) -> Resource:
    """Create Eventarc's service agent, which a new project lacks, and grant its role; return the grant.

    Google would create it with the first trigger, which then fails. It serves the whole project, so it keeps the role
    when the stack is destroyed.
    """
    agent = projects.ServiceIdentity(
        "eventarc-agent",
        service=_EVENTARC,
        project=context.project,
        opts=ResourceOptions(parent=parent, depends_on=after),
    )
    return projects.IAMMember(
        "eventarc-agent-role",
        project=context.project,
        role=_EVENTARC_ROLE,
        member=agent.member,
        opts=ResourceOptions(parent=parent, depends_on=after, retain_on_delete=True),
    )


@dataclass(frozen=True, kw_only=True)
class GuardTrialArgs:
    """What the guard's functions are deployed with; accounts by their e-mails."""

    context: CloudContext
    source: GuardSource
    images: Output[str]
    topic: Output[str]
    account: Output[str]
    caller: Output[str]
    sleep_cost: str


def make_guard_trial(args: GuardTrialArgs, *, parent: Resource, after: Sequence[Resource]) -> FunctionTrial:
    """Try to deploy a function as on-budget is, with the same accounts; where it gets a message, it only logs it."""
    context = args.context
    return FunctionTrial(
        "guard-trial",
        FunctionTrialArgs(
            project=context.project,
            region=context.region,
            name=context.name("guard-trial"),
            functions=[context.name(function) for function in (ON_BUDGET, ON_CLOCK)],
            request={
                "description": f"Tries the IAM roles of the guard of {context.title}; can be deleted",
                "labels": context.labels,
                "environment": "GEN_2",
                "buildConfig": {
                    "runtime": RUNTIME,
                    "entryPoint": "on_budget",
                    "source": {"storageSource": {"bucket": args.source.bucket, "object": args.source.archive}},
                    "serviceAccount": args.source.builder,
                    "dockerRepository": args.images,
                },
                "serviceConfig": {
                    "serviceAccountEmail": args.account,
                    "environmentVariables": {
                        **function_environment(context, sleep_cost=args.sleep_cost),
                        "GUARD_MODE": "off",
                    },
                    "availableMemory": MEMORY,
                    "maxInstanceCount": 1,
                    "ingressSettings": INGRESS,
                },
                "eventTrigger": {
                    "eventType": EVENT_TYPE,
                    "pubsubTopic": args.topic,
                    "triggerRegion": context.region,
                    "serviceAccountEmail": args.caller,
                },
            },
        ),
        parent=parent,
        after=after,
    )
