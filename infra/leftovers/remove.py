"""Removal, kind by kind, each asked for; and waiting until it is gone."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from infra.gcp.google_api import ApiError
from infra.leftovers import image_and_file_stores
from infra.leftovers.find_all import Left
from infra.leftovers.kinds import CLUSTER, KINDS, Kind
from infra.leftovers.leftover import Leftover
from infra.leftovers.operations import Outcome, operation_path, outcome
from infra.leftovers.search_context import Search

_PATIENCE, _PAUSE = 900.0, 5.0
"""Seconds until a kind must be gone, and between two questions. A cluster takes minutes."""


@dataclass(frozen=True, kw_only=True)
class Hands:
    """How removal asks, tells and waits."""

    confirm: Callable[[Kind, tuple[Leftover, ...]], bool]
    say: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic


def remove(search: Search, left: Left, hands: Hands, *, with_cluster: bool) -> bool:
    """Remove what is left, of each kind that is agreed to; whether anything was ordered to go.

    Only what `left` lists: nothing that comes up meanwhile. Raises EOFError where nobody answers any more.
    """
    if why := _not_now(search, left, with_cluster=with_cluster):
        hands.say(why)
        return False
    ordered = False
    for kind in KINDS:
        items = left.of(kind)
        if not items:
            continue
        agreed = hands.confirm(kind, items)
        ordered = ordered or agreed
        gone = agreed and _remove_kind(search, kind, items, hands)
        if kind is CLUSTER and not gone:
            hands.say("Nothing else was removed: the cluster is still there.")
            break
    return ordered


def _not_now(search: Search, left: Left, *, with_cluster: bool) -> str:
    """Why nothing may be removed: what a cluster runs on is not to be taken from under it."""
    if not left.saw(CLUSTER):
        return "Nothing was removed: whether the cluster is still there could not be looked at."
    if not left.of(CLUSTER) or with_cluster:
        return ""
    names = ", ".join(cluster.name for cluster in left.of(CLUSTER))
    return (
        f"Nothing was removed: the cluster {names} is still there, and `pulumi destroy -s {search.mark.stack}` takes"
        " everything down in order. Where its state is lost: --with-cluster removes the cluster here, too."
    )


def _remove_kind(search: Search, kind: Kind, items: tuple[Leftover, ...], hands: Hands) -> bool:
    """Remove all of a kind, each of which may fail; whether all are gone."""
    hands.say(f"Removing {kind.many if len(items) > 1 else kind.one}: {', '.join(item.name for item in items)}")
    going: dict[str, Leftover] = {}
    stays = False
    for item in items:
        try:
            if kind.service == image_and_file_stores.BUCKETS:
                image_and_file_stores.empty(search.google, item)
            path = operation_path(item, search.google.delete(item.service, item.path))
        except ApiError as error:
            role = f"; you lack {error.role or kind.removes}" if error.forbidden else ""
            hands.say(f"{kind.one} {item.name} stays: {error}{role}")
            stays = True
            continue
        if path:
            going[path] = item
        else:
            hands.say(f"{kind.one} {item.name} is gone")
    return _wait(search, kind, going, hands) and not stays


def _wait(search: Search, kind: Kind, going: dict[str, Leftover], hands: Hands) -> bool:
    """Until each is gone, or Google says why it is not: an order to remove is not yet a removal. Whether all are."""
    until, all_gone = hands.now() + _PATIENCE, True
    while going:
        for path, item in list(going.items()):
            found = _followed(search, item, path)
            if found.done:
                del going[path]
                all_gone = all_gone and not found.failed
                hands.say(f"{kind.one} {item.name} {f'stays: {found.failed}' if found.failed else 'is gone'}")
        if going and hands.now() > until:
            names = ", ".join(item.name for item in going.values())
            hands.say(f"{kind.many} not gone after {_PATIENCE / 60:.0f} minutes: {names}; run this again")
            return False
        if going:
            hands.sleep(_PAUSE)
    return all_gone


def _followed(search: Search, item: Leftover, path: str) -> Outcome:
    try:
        return outcome(search.google, item, path)
    except ApiError as error:
        return Outcome(done=True, failed=f"as far as can be seen, for its removal cannot be followed ({error})")
