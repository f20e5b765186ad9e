"""Context shared by the Google Cloud components: project, region, names and labels; and the Google provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_gcp as gcp
from pulumi import InvokeOutputOptions, Output, Resource

from infra.settings.gcp_settings import GcpSettings

STACK_LABEL = "sluice-stack"
"""Label of every resource that can have labels, with the stack's name; scripts/leftovers searches for it."""


def stack_title(stack: str) -> str:
    """The stack in descriptions of resources; scripts/leftovers searches for it where there are no labels."""
    return f"Sluice, stack {stack}"


def label_text(labels: Mapping[str, str]) -> str:
    """Labels as one text, such as sluice-name=sluice,sluice-stack=gke."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


@dataclass(frozen=True, kw_only=True)
class CloudContext:
    """One stack in a project."""

    settings: GcpSettings
    stack: str

    @property
    def project(self) -> str:
        """The project's id."""
        return self.settings.cluster.project

    @property
    def location(self) -> str:
        """The cluster's zone or region."""
        return self.settings.cluster.location

    @property
    def region(self) -> str:
        """The region of regional resources."""
        return self.settings.cluster.region

    @property
    def title(self) -> str:
        """The stack in descriptions of resources."""
        return stack_title(self.stack)

    @property
    def labels(self) -> dict[str, str]:
        """Labels of every resource."""
        return {STACK_LABEL: self.stack, "sluice-name": self.settings.cluster.name}

    def name(self, suffix: str) -> str:
        """Name of a resource in the project, with gcp.name as prefix: other stacks have other prefixes."""
        return f"{self.settings.cluster.name}-{suffix}"


def google_provider(context: CloudContext) -> gcp.Provider:
    """The provider of the Google Cloud resources, with the application default credentials of gcloud.

    Its calls count for the project: the API of budgets refuses a user's credentials without one.
    """
    return gcp.Provider(
        "google",
        project=context.project,
        region=context.region,
        billing_project=context.project,
        user_project_override=True,
        # Pulumi's own label on every resource: STACK_LABEL is enough.
        add_pulumi_attribution_label=False,
    )


def project_number(context: CloudContext, *, parent: Resource, after: Sequence[Resource]) -> Output[str]:
    """The project's number, which Google uses in responses and in names of its own buckets."""
    options = InvokeOutputOptions(parent=parent, depends_on=list(after))
    return gcp.organizations.get_project_output(project_id=context.project, opts=options).number


def project_number_command(project: str) -> str:
    """Return what a shell replaces by the number of a project, for commands that are printed."""
    return f"$(gcloud projects describe {project} --format 'value(projectNumber)')"
