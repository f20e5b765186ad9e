"""Deletes the disks and the NAT that a deleted cluster leaves behind, if they are the stack's and old enough."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .environment import SleepSettings
from .google_requests import ApiClient, ApiError

VOLUME_PREFIX = "pvc-"
"""Begins the name of every disk that Kubernetes creates for a claim; the account may delete no other disk."""


@dataclass(frozen=True, kw_only=True)
class Remains:
    """The stack's disks and NAT in Compute Engine."""

    api: ApiClient
    project: str
    settings: SleepSettings

    def delete(self, *, before: datetime) -> tuple[list[str], list[str]]:
        """Start to delete everything that was created before a time.

        Returns what was there, for display, and what prevented a deletion. Raises ApiError if something cannot be
        listed: then nothing is known to be gone.
        """
        found: list[str] = []
        problems: list[str] = []
        for name, users, url in [*self._router(before), *self._disks(before)]:
            found.append(name)
            if users:
                problems.append(f"{name} is in use by {users}")
                continue
            try:
                self.api.delete(url)
            except ApiError as error:
                if not (error.not_found or error.temporary):
                    problems.append(f"{name} cannot be deleted: {error}")
        return found, problems

    @property
    def _compute(self) -> str:
        return f"{self.api.urls.compute}/compute/v1"

    def _router(self, before: datetime) -> Iterator[tuple[str, str, str]]:
        """Yield the NAT's router: with it its NAT is deleted, and the address that Google allocated for that."""
        url = f"{self._compute}/{self.settings.router}"
        try:
            router = self.api.get(url)
        except ApiError as error:
            if error.not_found:
                return
            raise
        if _is_older(router, before) and self._is_our_network(str(router.get("network", ""))):
            yield f"router {router['name']}", "", url

    def _is_our_network(self, url: str) -> bool:
        _, _, path = url.partition("/projects/")
        found = self.api.get(f"{self._compute}/projects/{path}")
        return found.get("description") == self.settings.description

    def _disks(self, before: datetime) -> Iterator[tuple[str, str, str]]:
        """Yield the disks of the stack's claims, each with what uses it."""
        for scope, disk in self._all_disks():
            labels = disk.get("labels", {})
            ours = self.settings.labels.items() <= labels.items() and disk["name"].startswith(VOLUME_PREFIX)
            if ours and _is_older(disk, before):
                users = ", ".join(user.rpartition("/")[2] for user in disk.get("users", []))
                url = f"{self._compute}/projects/{self.project}/{scope}/disks/{disk['name']}"
                yield f"disk {disk['name']}", users, url

    def _all_disks(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the project's disks with their zone or region; raises ApiError if one could not be listed."""
        for page in self.api.pages(f"{self._compute}/projects/{self.project}/aggregated/disks"):
            unlisted = [str(place) for place in page.get("unreachables", [])]
            for scope, found in page.get("items", {}).items():
                if found.get("warning", {}).get("code", _EMPTY) != _EMPTY:
                    unlisted.append(scope)
                for disk in found.get("disks", []):
                    yield scope, disk
            if unlisted:
                raise ApiError(f"the disks of {', '.join(unlisted)} cannot be listed", temporary=True)


_EMPTY = "NO_RESULTS_ON_PAGE"


def _is_older(resource: Mapping[str, Any], time: datetime) -> bool:
    """Whether it was created before a time; False if that cannot be read, so that it is kept."""
    try:
        return datetime.fromisoformat(str(resource["creationTimestamp"])) < time
    except (KeyError, ValueError, TypeError):
        return False
