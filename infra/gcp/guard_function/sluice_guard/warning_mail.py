"""Whether a warning of the deletion reaches anybody: the log is mailed only by an alert policy that has an address."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .google_requests import ApiClient, ApiError
from .log import MAIL_SLEEP


@dataclass(frozen=True, kw_only=True)
class WarningMail:
    """The alert policy that mails what becomes of a stack whose nodes are stopped."""

    api: ApiClient
    project: str
    labels: Mapping[str, str]
    """The stack's labels, which its alert policies carry too."""

    def find_problem(self) -> str:
        """Return why no e-mail would be sent now; empty if one would. Raises ApiError if that cannot be read."""
        channels = {name for policy in self._policies() for name in policy.get("notificationChannels", [])}
        if not channels:
            return "there is no enabled alert policy with an address for it"
        if not any(self._is_working(name) for name in sorted(channels)):
            return "every address of its alert policy is deleted, disabled or not verified"
        return ""

    def _policies(self) -> Iterator[Mapping[str, Any]]:
        for page in self.api.pages(f"{self._base}/projects/{self.project}/alertPolicies"):
            for policy in page.get("alertPolicies", []):
                if policy.get("enabled") is not False and self._mails_warnings(policy):
                    yield policy

    def _mails_warnings(self, policy: Mapping[str, Any]) -> bool:
        filters = (entry.get("conditionMatchedLog", {}).get("filter", "") for entry in policy.get("conditions", []))
        ours = self.labels.items() <= policy.get("userLabels", {}).items()
        return ours and any(text.startswith(MAIL_SLEEP) for text in filters)

    def _is_working(self, channel: str) -> bool:
        try:
            found = self.api.get(f"{self._base}/{channel}")
        except ApiError as error:
            if error.not_found:
                return False
            raise
        return found.get("enabled") is not False and found.get("verificationStatus") != "UNVERIFIED"

    @property
    def _base(self) -> str:
        return f"{self.api.urls.monitoring}/v3"
