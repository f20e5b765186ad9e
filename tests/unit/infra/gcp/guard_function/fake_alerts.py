"""A fake Cloud Monitoring: the alert policies of two stacks, one a page, and their e-mail addresses."""

from dataclasses import dataclass, field
from typing import Any

from infra.gcp.guard_function.sluice_guard.log import MAIL_DAILY, MAIL_SLEEP

CHANNEL = "projects/lab/notificationChannels/1"
_OTHER = "projects/lab/notificationChannels/2"


def _policy(log_filter: str, stack: str, channel: str) -> dict[str, Any]:
    return {
        "userLabels": {"sluice-name": "sluice", "sluice-stack": stack},
        "conditions": [{"conditionMatchedLog": {"filter": f'{log_filter} AND resource.labels.service_name="x"'}}],
        "notificationChannels": [channel],
        "enabled": True,
    }


@dataclass
class FakeAlerts:
    other: dict[str, Any] = field(default_factory=lambda: _policy(MAIL_SLEEP, "production", _OTHER))
    daily: dict[str, Any] = field(default_factory=lambda: _policy(MAIL_DAILY, "gke", _OTHER))
    warnings: dict[str, Any] | None = field(default_factory=lambda: _policy(MAIL_SLEEP, "gke", CHANNEL))
    """The policy that mails the warnings."""
    channels: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {CHANNEL: {"type": "email"}, _OTHER: {"type": "email", "enabled": True}}
    )

    def answer(self, path: str, query: str) -> Any:
        """The response to a request; None if it is for something else, or not found."""
        if path == "/v3/projects/lab/alertPolicies":
            policies = [self.other, self.daily, *([self.warnings] if self.warnings else [])]
            start = int(query.partition("pageToken=")[2] or 0)
            more = {"nextPageToken": str(start + 1)} if start + 1 < len(policies) else {}
            return {"alertPolicies": policies[start : start + 1], **more}
        return self.channels.get(path.removeprefix("/v3/"))
