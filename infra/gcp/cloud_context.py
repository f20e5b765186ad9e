"""What every component of this cloud is told, how the program speaks to it, and how everything is labelled."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_gcp as gcp
from pulumi import InvokeOutputOptions, Output, Resource

from infra.settings.gcp_settings import GcpSettings

STACK_LABEL = "sluice-stack"
"""On everything that can carry a label; scripts/leftovers looks for it. Its value is the stack's name."""


def stack_title(stack: str) -> str:
    """What descriptions call a stack; scripts/leftovers goes by it where there are no labels."""
    return f"Sluice, stack {stack}"


@dataclass(frozen=True, kw_only=True)
class CloudContext:
    """One stack's part of a project."""

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
        """The region of everything that is of a region."""
        return self.settings.cluster.region

    @property
    def title(self) -> str:
        """What descriptions call this stack."""
        return stack_title(self.stack)

    @property
    def labels(self) -> dict[str, str]:
        """The labels of everything."""
        return {STACK_LABEL: self.stack, "sluice-name": self.settings.cluster.name}

    def name(self, what: str) -> str:
        """The name of something in the project, where other stacks may have theirs."""
        return f"{self.settings.cluster.name}-{what}"


def google_provider(context: CloudContext) -> gcp.Provider:
    """The provider of everything here, on behalf of the credentials that gcloud keeps for programs.

    Budgets are asked for in the name of the project: the API refuses a person's credentials without one.
    """
    return gcp.Provider(
        "google",
        project=context.project,
        region=context.region,
        billing_project=context.project,
        user_project_override=True,
        # A label that Pulumi would add to everything: a budget has no labels, and one of ours is enough.
        add_pulumi_attribution_label=False,
    )


def project_number(context: CloudContext, *, parent: Resource, after: Sequence[Resource]) -> Output[str]:
    """The project's number, by which Google calls it in answers and in the names of buckets of its own."""
    options = InvokeOutputOptions(parent=parent, depends_on=list(after))
    return gcp.organizations.get_project_output(project_id=context.project, opts=options).number
