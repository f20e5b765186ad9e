"""The roles that docs/gke.md lists for those who are not owners have every permission that the program needs."""

import re

from infra.gcp.budget_rights import PERMISSIONS as BUDGET_PERMISSIONS
from infra.gcp.budget_rights import ROLE
from infra.settings.declared_settings import ROOT
from tests.unit.infra.recording_monitor import Made

_ACT_AS = "iam.serviceAccounts.actAs"
NEEDED = {
    "artifactregistry/repository": ("artifactregistry.repositories.create",),
    "artifactregistry/repositoryIamMember": ("artifactregistry.repositories.setIamPolicy",),
    "billing/budget": BUDGET_PERMISSIONS,
    "cloudfunctionsv2/function": (
        "cloudfunctions.functions.create",
        "cloudfunctions.functions.delete",
        "eventarc.triggers.create",
        _ACT_AS,
    ),
    "cloudrunv2/serviceIamMember": ("run.services.setIamPolicy",),
    "cloudscheduler/job": ("cloudscheduler.jobs.create", _ACT_AS),
    "compute/network": ("compute.networks.create",),
    "compute/router": ("compute.routers.create",),
    "compute/routerNat": ("compute.routers.update",),
    "compute/subnetwork": ("compute.subnetworks.create",),
    "container/cluster": ("container.clusters.create", _ACT_AS),
    "container/nodePool": ("container.clusters.update", _ACT_AS),
    # A condition on log entries is a notification rule of Cloud Logging.
    "monitoring/alertPolicy": ("monitoring.alertPolicies.create", "logging.notificationRules.create"),
    "monitoring/dashboard": ("monitoring.dashboards.create",),
    "monitoring/notificationChannel": ("monitoring.notificationChannels.create",),
    "projects/iAMCustomRole": ("iam.roles.create",),
    "projects/iAMMember": ("resourcemanager.projects.setIamPolicy",),
    "projects/service": ("serviceusage.services.enable",),
    "projects/serviceIdentity": ("serviceusage.services.generateServiceIdentity",),
    "pubsub/topic": ("pubsub.topics.create",),
    "pubsub/topicIAMMember": ("pubsub.topics.setIamPolicy",),
    "serviceaccount/account": ("iam.serviceAccounts.create", "iam.serviceAccounts.delete"),
    "storage/bucket": ("storage.buckets.create",),
    "storage/bucketIAMMember": ("storage.buckets.setIamPolicy",),
    "storage/bucketObject": ("storage.objects.create",),
}
"""Permissions by type. Where a role has all permissions of a kind of resource, one of them stands for all."""
BY_THE_GUARDS_TEST = ("pubsub.topics.publish", "cloudscheduler.jobs.run", "logging.logEntries.list")
"""Permissions of the user that the test at the end of `pulumi up` needs (infra/gcp/guard_call.py)."""
GRANTED = {
    "roles/artifactregistry.admin": r"artifactregistry\..*",
    ROLE: r"billing\.budgets\..*",
    "roles/cloudfunctions.developer": r"cloudfunctions\.functions\.(create|delete|get|update)",
    "roles/cloudscheduler.admin": r"cloudscheduler\..*",
    "roles/compute.networkAdmin": r"compute\.(networks|subnetworks|routers|addresses)\..*",
    "roles/container.admin": r"container\..*",
    "roles/eventarc.admin": r"eventarc\..*",
    "roles/iam.roleAdmin": r"iam\.roles\..*",
    "roles/iam.serviceAccountAdmin": r"iam\.serviceAccounts\.(create|delete|get|update|setIamPolicy)",
    "roles/iam.serviceAccountUser": r"iam\.serviceAccounts\.actAs",
    "roles/logging.configWriter": r"logging\.(notificationRules|buckets|sinks)\..*",
    "roles/logging.viewer": r"logging\.logEntries\.list",
    "roles/monitoring.editor": r"monitoring\.(alertPolicies|dashboards|notificationChannels)\..*",
    "roles/pubsub.admin": r"pubsub\..*",
    "roles/resourcemanager.projectIamAdmin": r"resourcemanager\.projects\.(get|getIamPolicy|setIamPolicy)",
    "roles/run.admin": r"run\..*",
    "roles/serviceusage.serviceUsageAdmin": r"serviceusage\.services\..*",
    "roles/storage.admin": r"storage\..*",
}
"""What Google's roles hold of these, by Google's documentation."""
_OF_OTHERS = {"roles/owner", "roles/billing.user"}


def listed() -> set[str]:
    """Roles of the page's table."""
    table = (ROOT / "docs/gke.md").read_text().partition("\n## Roles\n")[2].partition("```")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")]
    return set(re.findall(r"`(roles/[\w.]+)`", "\n".join(rows))) - _OF_OTHERS


def test_listed_roles_are_enough(made: list[Made]) -> None:
    types = {entry.type.removeprefix("gcp:").partition(":")[0] for entry in made if entry.type.startswith("gcp:")}
    assert types <= NEEDED.keys(), "a new type of resource: write down the permissions that it needs"
    patterns = [GRANTED[role] for role in listed()]
    for kind in types:
        for permission in NEEDED[kind]:
            assert any(re.fullmatch(pattern, permission) for pattern in patterns), f"{kind} needs {permission}"
    for permission in BY_THE_GUARDS_TEST:
        assert any(re.fullmatch(pattern, permission) for pattern in patterns), permission


def test_no_role_is_listed_in_vain(made: list[Made]) -> None:
    types = {entry.type.removeprefix("gcp:").partition(":")[0] for entry in made if entry.type.startswith("gcp:")}
    permissions = {*BY_THE_GUARDS_TEST, *(permission for kind in types for permission in NEEDED[kind])}
    for role in listed():
        assert any(re.fullmatch(GRANTED[role], permission) for permission in permissions), role
