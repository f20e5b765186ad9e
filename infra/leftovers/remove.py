"""Removal, kind by kind, each asked for; and waiting until it is gone."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from infra.cost.api import ApiError
from infra.leftovers import stores
from infra.leftovers.items import Leftover
from infra.leftovers.kinds import CLUSTER, KINDS, Kind
from infra.leftovers.look import Left
from infra.leftovers.search import Search

_PATIENCE, _PAUSE = 900.0, 5.0
"""Seconds until a kind must be gone, and between two looks. A cluster takes minutes."""


@dataclass(frozen=True, kw_only=True)
class Hands:
    """How removal asks, tells and waits."""

    confirm: Callable[[Kind, tuple[Leftover, ...]], bool]
    say: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic


def remove(search: Search, left: Left, hands: Hands, *, with_cluster: bool) -> None:
    """Remove what is left, of each kind that is agreed to. Only what `left` lists: nothing that comes up meanwhile."""
    if left.of(CLUSTER) and not with_cluster:
        names = ", ".join(cluster.name for cluster in left.of(CLUSTER))
        hands.say(
            f"The cluster {names} is still there, so nothing is removed: `pulumi destroy -s {search.mark.stack}` takes"
            " everything down in order. Where its state is lost: --with-cluster removes the cluster here, too."
        )
        return
    for kind in KINDS:
        items = left.of(kind)
        if items and hands.confirm(kind, items):
            _remove_kind(search, kind, items, hands)


def _remove_kind(search: Search, kind: Kind, items: tuple[Leftover, ...], hands: Hands) -> None:
    waiting: list[Leftover] = []
    for item in items:
        try:
            if kind.service == stores.BUCKETS:
                stores.empty(search.google, item)
            search.google.delete(item.service, item.path)
            waiting.append(item)
        except ApiError as error:
            role = f"; you lack {error.role or kind.removes}" if error.forbidden else ""
            hands.say(f"{kind.one} {item.name} stays: {error}{role}")
    _wait(search, kind, waiting, hands)


def _wait(search: Search, kind: Kind, waiting: list[Leftover], hands: Hands) -> None:
    """Until none of them is listed any more: an order to remove is not yet a removal."""
    until = hands.now() + _PATIENCE
    while waiting:
        there = {item.path for item in kind.find(search).sure}
        for item in waiting:
            if item.path not in there:
                hands.say(f"{kind.one} {item.name} is gone")
        waiting = [item for item in waiting if item.path in there]
        if waiting and hands.now() > until:
            names = ", ".join(item.name for item in waiting)
            hands.say(f"{kind.many} still there after {_PATIENCE / 60:.0f} minutes: {names}; run this again")
            return
        if waiting:
            hands.sleep(_PAUSE)
