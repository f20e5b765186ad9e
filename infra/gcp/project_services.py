"""The project's services. Everything else waits for them; they stay on when the stack goes, and cost nothing."""

from dataclasses import dataclass

from pulumi import ComponentResource, ResourceOptions
from pulumi_gcp import projects

from infra.gcp.cloud_context import CloudContext

APIS = (
    "artifactregistry",
    "billingbudgets",
    "cloudbilling",
    "cloudbuild",
    "cloudfunctions",
    "cloudresourcemanager",
    "cloudscheduler",
    "compute",
    "container",
    "eventarc",
    "iam",
    "logging",
    "monitoring",
    "pubsub",
    "run",
    "storage",
)


@dataclass(frozen=True, kw_only=True)
class ProjectServicesArgs:
    """In which project."""

    context: CloudContext


class ProjectServices(ComponentResource):
    """Every service that this program uses."""

    def __init__(self, name: str, args: ProjectServicesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:gcp:Services", name, None, opts)
        for api in APIS:
            projects.Service(
                api,
                service=f"{api}.googleapis.com",
                project=args.context.project,
                # Others in the project may use it, and a service that is off takes its resources with it.
                disable_on_destroy=False,
                opts=ResourceOptions(parent=self),
            )
        self.register_outputs({})
