"""The settings of Google Cloud as frozen dataclasses, checked by infra/settings/gcp_checks.py."""

from dataclasses import dataclass

from infra.settings.gcp_checks import ZONE
from infra.settings.setting_values import SettingValues

DEFAULT_CURRENCY = "USD"
"""Assumed where neither budget.currency nor the billing account says another."""


@dataclass(frozen=True, kw_only=True)
class GkeClusterSettings:
    """The GKE cluster: project, location, name, release channel, and access to its control plane."""

    project: str
    location: str
    """A zone or a region."""
    name: str
    release_channel: str
    deletion_protection: bool
    control_plane_cidrs: tuple[str, ...]
    """Addresses that may connect to the control plane's IP address; empty for its DNS name only."""
    secrets_key: str | None
    """Full name of a Cloud KMS key; None for Google's own encryption only."""

    @property
    def region(self) -> str:
        """The region of a zone, or the location itself."""
        return self.location.rpartition("-")[0] if ZONE.fullmatch(self.location) else self.location

    @property
    def context(self) -> str:
        """The kubeconfig context that `gcloud container clusters get-credentials` makes."""
        return f"gke_{self.project}_{self.location}_{self.name}"


@dataclass(frozen=True, kw_only=True)
class NodeSettings:
    """The node pools: machine type, disk size, and the parts that run on nodes that are not spot."""

    machine_type: str
    disk_gb: int
    spot_max: int
    on_demand_max: int
    on_demand_for: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class BudgetSettings:
    """The budget of a month, before a trial's credit, and who gets its e-mails."""

    billing_account: str | None
    amount: int
    currency: str
    """Empty for the billing account's."""
    actual_percents: tuple[int, ...]
    forecast_percents: tuple[int, ...]
    emails: tuple[str, ...]
    allow_without: bool


@dataclass(frozen=True, kw_only=True)
class GuardSettings:
    """When the guard acts, and what it does."""

    mode: str
    percent: int
    ttl_hours: int
    """Hours after which the guard acts whatever was spent; 0 for never."""
    delete_after_days: int
    """Days after the stop of the nodes at which the guard deletes the cluster, its disks and its NAT; 0 for never."""


@dataclass(frozen=True, kw_only=True)
class MonitoringSettings:
    """Metrics, alerts and the dashboard."""

    enabled: bool
    lag_records: int


@dataclass(frozen=True, kw_only=True)
class GcpSettings:
    """Every setting of Google Cloud."""

    cluster: GkeClusterSettings
    nodes: NodeSettings
    budget: BudgetSettings
    guard: GuardSettings
    monitoring: MonitoringSettings


def gcp_settings(values: SettingValues) -> GcpSettings | None:
    """The settings of Google Cloud; None for a stack without gcp.project, which makes nothing there."""
    project = values.text("gcp.project")
    if project is None:
        return None
    return GcpSettings(
        cluster=_cluster(values, project),
        nodes=_nodes(values),
        budget=_budget(values),
        guard=GuardSettings(
            mode=values.text("guard.mode") or "",
            percent=values.number("guard.percent"),
            ttl_hours=values.number("guard.ttlHours"),
            delete_after_days=values.number("guard.deleteAfterDays"),
        ),
        monitoring=MonitoringSettings(
            enabled=values.flag("monitoring.enabled"), lag_records=values.number("monitoring.lagRecords")
        ),
    )


def _cluster(values: SettingValues, project: str) -> GkeClusterSettings:
    return GkeClusterSettings(
        project=project,
        location=values.text("gcp.location") or "",
        name=values.text("gcp.name") or "",
        release_channel=values.text("gcp.releaseChannel") or "",
        deletion_protection=values.flag("gcp.deletionProtection"),
        control_plane_cidrs=values.texts("gcp.controlPlaneCidrs"),
        secrets_key=values.text("gcp.secretsKey"),
    )


def _nodes(values: SettingValues) -> NodeSettings:
    return NodeSettings(
        machine_type=values.text("nodes.machineType") or "",
        disk_gb=values.number("nodes.diskGb"),
        spot_max=values.number("nodes.spotMax"),
        on_demand_max=values.number("nodes.onDemandMax"),
        on_demand_for=frozenset(values.texts("nodes.onDemandFor")),
    )


def _budget(values: SettingValues) -> BudgetSettings:
    return BudgetSettings(
        billing_account=values.text("budget.billingAccount"),
        amount=values.number("budget.amount"),
        currency=values.text("budget.currency") or "",
        actual_percents=tuple(int(text) for text in values.texts("budget.actualPercents")),
        forecast_percents=tuple(int(text) for text in values.texts("budget.forecastPercents")),
        emails=values.texts("budget.emails"),
        allow_without=values.flag("budget.allowWithoutBudget"),
    )
