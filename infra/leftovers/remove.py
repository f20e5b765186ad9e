"""Removes leftovers kind by kind, after a confirmation for each, and waits until they are gone."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from infra.gcp.google_api import ApiError
from infra.leftovers import image_and_file_stores
from infra.leftovers.find_all import SearchResult
from infra.leftovers.kinds import CLUSTER, KINDS, Kind
from infra.leftovers.leftover import Leftover
from infra.leftovers.operations import OperationStatus, operation_path, read_status
from infra.leftovers.search_context import SearchContext

_TIMEOUT, _POLL_INTERVAL = 900.0, 5.0
"""Seconds to wait for a kind to be gone, and between two polls. A cluster takes minutes."""


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """How the removal asks for confirmation, prints and waits."""

    confirm: Callable[[Kind, tuple[Leftover, ...]], bool]
    say: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic


def remove(context: SearchContext, result: SearchResult, interaction: Interaction, *, with_cluster: bool) -> bool:
    """Remove the leftovers of each kind that the user confirms; return whether anything was to be removed.

    Only what `result` lists: nothing that appears meanwhile. Raises EOFError if the user's input ends.
    """
    if reason := _refusal(context, result, with_cluster=with_cluster):
        interaction.say(reason)
        return False
    requested = False
    for kind in KINDS:
        items = result.of(kind)
        if not items:
            continue
        confirmed = interaction.confirm(kind, items)
        requested = requested or confirmed
        gone = confirmed and _remove_kind(context, kind, items, interaction)
        if kind is CLUSTER and not gone:
            interaction.say("Nothing else was removed: the cluster still exists.")
            break
    return requested


def _refusal(context: SearchContext, result: SearchResult, *, with_cluster: bool) -> str:
    """Return why nothing may be removed; empty if it may. Nothing that a running cluster uses is removed."""
    if not result.has_listed(CLUSTER):
        return "Nothing was removed: the clusters could not be listed, and one may still use the rest."
    if not result.of(CLUSTER) or with_cluster:
        return ""
    names = ", ".join(cluster.name for cluster in result.of(CLUSTER))
    return (
        f"Nothing was removed: the cluster {names} still exists; `pulumi destroy -s {context.owner.stack}` deletes"
        " everything in order. If Pulumi's state is lost: --with-cluster removes the cluster here, too."
    )


def _remove_kind(context: SearchContext, kind: Kind, items: tuple[Leftover, ...], interaction: Interaction) -> bool:
    """Remove every resource of a kind, even if one fails; return whether all are gone."""
    interaction.say(
        f"Removing {kind.plural if len(items) > 1 else kind.singular}: {', '.join(item.name for item in items)}"
    )
    pending: dict[str, Leftover] = {}
    stays = False
    for item in items:
        try:
            if kind.service == image_and_file_stores.BUCKETS:
                image_and_file_stores.empty_bucket(context.google, item)
            path = operation_path(item, context.google.delete(item.service, item.path))
        except ApiError as error:
            role = f"; you lack {error.role or kind.remover_role}" if error.forbidden else ""
            interaction.say(f"{kind.singular} {item.name} stays: {error}{role}")
            stays = True
            continue
        if path:
            pending[path] = item
        else:
            interaction.say(f"{kind.singular} {item.name} is gone")
    return _wait(context, kind, pending, interaction) and not stays


def _wait(context: SearchContext, kind: Kind, pending: dict[str, Leftover], interaction: Interaction) -> bool:
    """Wait for operations, given by path, until each is done or has failed; return whether all resources are gone."""
    deadline, all_gone = interaction.now() + _TIMEOUT, True
    while pending:
        for path, item in list(pending.items()):
            status = _read_status(context, item, path)
            if status.done:
                del pending[path]
                all_gone = all_gone and not status.failed
                interaction.say(
                    f"{kind.singular} {item.name} {f'stays: {status.failed}' if status.failed else 'is gone'}"
                )
        if pending and interaction.now() > deadline:
            names = ", ".join(item.name for item in pending.values())
            interaction.say(f"{kind.plural} not gone after {_TIMEOUT / 60:.0f} minutes: {names}; run this again")
            return False
        if pending:
            interaction.sleep(_POLL_INTERVAL)
    return all_gone


def _read_status(context: SearchContext, item: Leftover, path: str) -> OperationStatus:
    try:
        return read_status(context.google, item, path)
    except ApiError as error:
        return OperationStatus(done=True, failed=f"presumably, as the status of its removal cannot be read ({error})")
