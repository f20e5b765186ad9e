"""Checks of the guard's parts that need no call of the guard: each reads Google's APIs with the user's credentials."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.gcp.budget_errors import PUBLISHER
from infra.gcp.cloud_context import STACK_LABEL
from infra.gcp.google_api import Google
from infra.gcp.guard_call import entries_of, newest_entry, since_filter
from infra.gcp.guard_commands.finding import Finding, note, ok, wrong
from infra.gcp.guard_commands.guarded_cluster import CheckedParts
from infra.gcp.guard_function.sluice_guard.log import FIELD
from infra.gcp.guard_function.sluice_guard.self_test import TEST_FIELD

_PUBLISH = "roles/pubsub.publisher"
_RESTORE = "pulumi up --refresh"
_MESSAGES_WITHIN = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class GuardChecks:
    """All checks, by the subject of their findings."""

    google: Google
    parts: CheckedParts
    now: datetime

    def all(self) -> Mapping[str, Callable[[], Sequence[Finding]]]:
        """Return the checks in the order of the output."""
        found: dict[str, Callable[[], Sequence[Finding]]] = {
            "function": self._functions,
            "clock": self._clock,
            "alert": self._alerts,
            "e-mail": self._channels,
            "budget": self._budget,
        }
        if self.parts.billing_account:
            found |= {"budget's publisher": self._publisher, "budget's messages": self._messages}
        if self.parts.conditional_permissions:
            found["conditional permission"] = self._conditional_permissions
        return found

    @property
    def _project(self) -> str:
        return self.parts.names.project

    @property
    def _place(self) -> str:
        return f"--project {self._project}"

    def _functions(self) -> Sequence[Finding]:
        return [self._function(name) for name in (self.parts.names.on_budget, self.parts.names.on_clock)]

    def _function(self, name: str) -> Finding:
        found = self.google.find("cloudfunctions", self._function_path(name))
        if found is None:
            return wrong("function", f"{name} does not exist", _RESTORE)
        state = found.get("state")
        if state != "ACTIVE":
            why = f"gcloud functions describe {name} --gen2 --region {self.parts.names.region} {self._place}"
            return wrong("function", f"{name} is {state}", f"{why} says why; then pulumi up")
        return ok("function", f"{name} is active")

    def _function_path(self, name: str) -> str:
        names = self.parts.names
        return f"v2/projects/{names.project}/locations/{names.region}/functions/{name}"

    def _clock(self) -> Sequence[Finding]:
        names = self.parts.names
        job = self.google.find("cloudscheduler", f"v1/{names.clock_job}")
        if job is None:
            return [wrong("clock", f"{names.clock_job} does not exist", _RESTORE)]
        if job.get("state") != "ENABLED":
            resume = f"gcloud scheduler jobs resume {names.clock_job.rpartition('/')[2]} --location {names.region}"
            return [wrong("clock", f"it is {job.get('state')}", f"{resume} {self._place}")]
        return [ok("clock", f"it calls the guard next at {job.get('scheduleTime', 'an unknown time')}")]

    def _alerts(self) -> Sequence[Finding]:
        pages = self.google.pages("monitoring", f"v3/projects/{self._project}/alertPolicies")
        found = {policy["displayName"]: policy for page in pages for policy in page.get("alertPolicies", [])}
        return [_alert(name, found.get(name)) for name in self.parts.alerts]

    def _channels(self) -> Sequence[Finding]:
        pages = self.google.pages("monitoring", f"v3/projects/{self._project}/notificationChannels")
        channels = [
            channel
            for page in pages
            for channel in page.get("notificationChannels", [])
            if channel.get("userLabels", {}).get(STACK_LABEL) == self.parts.label
        ]
        if not channels:
            return [wrong("e-mail", "no address gets the alerts", _RESTORE)]
        page = f"https://console.cloud.google.com/monitoring/alerting/notifications?project={self._project}"
        return [_channel(channel, page) for channel in channels]

    def _budget(self) -> Sequence[Finding]:
        account = self.parts.billing_account
        if account is None:
            return [note("budget", "the stack has none (budget.allowWithoutBudget): only the clock stops the nodes")]
        topic = f"projects/{self._project}/topics/{self.parts.names.topic}"
        found = [budget for budget in self._read_budgets(account) if _topic(budget) == topic]
        if not found:
            text = f"no budget of {account} sends messages to {topic}: it was deleted, or disconnected"
            return [wrong("budget", text, _RESTORE)]
        return [ok("budget", f"{budget.get('displayName')} sends messages to the guard") for budget in found]

    def _read_budgets(self, account: str) -> Iterator[dict[str, Any]]:
        for page in self.google.pages("billingbudgets", f"v1/billingAccounts/{account}/budgets"):
            yield from page.get("budgets", [])

    def _publisher(self) -> Sequence[Finding]:
        topic = self.parts.names.topic
        policy = self.google.get("pubsub", f"v1/projects/{self._project}/topics/{topic}:getIamPolicy")
        member = f"serviceAccount:{PUBLISHER}"
        if any(member in binding.get("members", []) for binding in policy.get("bindings", [])):
            return [ok("budget's publisher", "Google may publish the budget's messages")]
        remedy = f"gcloud pubsub topics add-iam-policy-binding {topic} --member {member} --role {_PUBLISH}"
        text = f"Google's account may not publish to {topic}, so the budget's messages are lost"
        return [wrong("budget's publisher", text, f"{remedy} {self._place}")]

    def _messages(self) -> Sequence[Finding]:
        since = since_filter(self.now.astimezone(UTC) - _MESSAGES_WITHIN)
        entry = newest_entry(
            self.google,
            self._project,
            f"{entries_of(self.parts.names.on_budget)} "
            f"AND jsonPayload.{FIELD}:* AND NOT jsonPayload.{TEST_FIELD}:* AND {since}",
        )
        if entry is None:
            return [note("budget's messages", "none in two days; of a new budget the first comes after some hours")]
        return [ok("budget's messages", f"the last at {entry['timestamp']}: {entry['jsonPayload'].get('message')}")]

    def _conditional_permissions(self) -> Sequence[Finding]:
        granted = self._granted_permissions()
        return [
            ok("conditional permission", f"{name} is granted; its condition was not tried")
            if name in granted
            else wrong("conditional permission", f"{name} is not granted", _RESTORE)
            for name in self.parts.conditional_permissions
        ]

    def _granted_permissions(self) -> set[str]:
        """Return what the custom roles of the guard's account hold, with or without a condition."""
        function = self.google.get("cloudfunctions", self._function_path(self.parts.names.on_budget))
        member = f"serviceAccount:{function.get('serviceConfig', {}).get('serviceAccountEmail')}"
        body = {"options": {"requestedPolicyVersion": 3}}
        policy = self.google.post("cloudresourcemanager", f"v3/projects/{self._project}:getIamPolicy", body)
        roles = [binding["role"] for binding in policy.get("bindings", []) if member in binding.get("members", [])]
        custom = [self.google.get("iam", f"v1/{role}") for role in roles if role.startswith("projects/")]
        return {name for role in custom if not role.get("deleted") for name in role.get("includedPermissions", [])}


def _topic(budget: Mapping[str, Any]) -> str:
    return budget.get("notificationsRule", {}).get("pubsubTopic", "")


def _alert(name: str, policy: Mapping[str, Any] | None) -> Finding:
    if policy is None:
        return wrong("alert", f"{name!r} does not exist", _RESTORE)
    if policy.get("enabled") is False:
        return wrong("alert", f"{name!r} is disabled", f"gcloud monitoring policies update {policy['name']} --enabled")
    if not policy.get("notificationChannels"):
        return wrong("alert", f"{name!r} is sent to nobody", _RESTORE)
    return ok("alert", name)


def _channel(channel: Mapping[str, Any], page: str) -> Finding:
    address = channel.get("labels", {}).get("email_address", channel.get("displayName"))
    if channel.get("enabled") is False:
        return wrong("e-mail", f"{address} is disabled", f"enable it: {page}")
    if channel.get("verificationStatus") == "UNVERIFIED":
        return wrong("e-mail", f"{address} is not verified, so it gets nothing", f"verify it: {page}")
    return ok("e-mail", f"{address} gets the alerts")
