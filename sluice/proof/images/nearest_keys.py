"""Finds the keys of Redis nearest to one that does not exist."""

import heapq
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache
from math import inf

from producer.images.image_key import camera_of, utime_of
from sluice.proof.images.redis_images import ImageStore
from sluice.proof.images.thumbnails import choose_evenly

COUNT = 6


def find_nearest_keys(key: str, *, store: ImageStore, count: int = COUNT) -> list[str]:
    """Return up to `count` keys, sorted: of the same camera, else of the same session, else of all.

    They are the nearest in time, of the camera with the most similar name; for a key without a utime, some of each
    camera. Reads every key with SCAN: about a second for 100,000 keys.
    """
    folders = key.split("/")[:-1]
    for depth in range(len(folders), -1, -1):
        found = set(store.scan("".join(f"{folder}/" for folder in folders[:depth])))
        if found:
            return _most_similar(key, found, count)
    return []


def _most_similar(key: str, others: Iterable[str], count: int) -> list[str]:
    utime, camera = utime_of(key), camera_of(key)
    if utime is None:
        return choose_evenly(sorted(others), count=count)

    @cache
    def dissimilarity(other: str) -> float:
        return 1 - SequenceMatcher(None, camera, other).ratio()

    def distance(other: str) -> tuple[float, float, str]:
        time = utime_of(other)
        return dissimilarity(camera_of(other)), inf if time is None else abs(utime - time), other

    return sorted(heapq.nsmallest(count, others, key=distance))
