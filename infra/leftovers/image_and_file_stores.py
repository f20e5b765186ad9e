"""Search in stores that are billed by size: image registries and buckets; and emptying a bucket."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from infra.gcp.google_api import Google
from infra.leftovers.leftover import Leftover, Leftovers
from infra.leftovers.managed_services import locations
from infra.leftovers.search_context import GIB, SearchContext

REGISTRIES, BUCKETS = "artifactregistry", "storage"
_MAX_PAGES = 20
"""Pages of a bucket's objects that are added up; the size of a bucket with more is unknown."""


def registries(context: SearchContext) -> Leftovers:
    """Find image repositories, location by location: the API has no list over all of them."""
    found: list[Leftover] = []
    for location in locations(context, REGISTRIES):
        for entry in _repositories(context, location):
            gib = Decimal(entry.get("sizeBytes", 0)) / GIB
            found.append(
                Leftover(
                    name=entry["name"].rpartition("/")[2],
                    place=location,
                    detail=f"{gib:.1f} GiB of images",
                    cost=context.monthly_cost("registry", location, gib),
                    service=REGISTRIES,
                    path=f"v1/{entry['name']}",
                )
            )
    return Leftovers(certain=tuple(found))


def _repositories(context: SearchContext, location: str) -> Iterator[dict[str, Any]]:
    path = f"v1/projects/{context.project}/locations/{location}/repositories"
    for page in context.google.pages(REGISTRIES, path):
        yield from (entry for entry in page.get("repositories", []) if context.owner.owns(entry.get("labels", {})))


def buckets(context: SearchContext) -> Leftovers:
    """Find buckets, with the size of their objects."""
    found: list[Leftover] = []
    for page in context.google.pages(BUCKETS, "storage/v1/b", project=context.project):
        for entry in page.get("items", []):
            if context.owner.owns(entry.get("labels", {})):
                size, place = _size(context.google, entry["name"]), entry.get("location", "").lower()
                found.append(
                    Leftover(
                        name=entry["name"],
                        place=place,
                        detail="too many objects to add up" if size is None else f"{size / GIB:.1f} GiB",
                        cost=None if size is None else context.monthly_cost("bucket", place, size / GIB),
                        service=BUCKETS,
                        path=f"storage/v1/b/{entry['name']}",
                    )
                )
    return Leftovers(certain=tuple(found))


def _size(google: Google, bucket: str) -> Decimal | None:
    """Return the bytes in a bucket, old versions included; None if it has too many objects to add up."""
    size = Decimal(0)
    path = f"storage/v1/b/{bucket}/o"
    for count, page in enumerate(google.pages(BUCKETS, path, versions="true", fields="items(size),nextPageToken")):
        if count == _MAX_PAGES:
            return None
        size += sum(Decimal(entry.get("size", 0)) for entry in page.get("items", []))
    return size


def empty_bucket(google: Google, bucket: Leftover) -> None:
    """Remove every object of a bucket, old versions included: only an empty bucket can be removed."""
    path = f"{bucket.path}/o"
    fields = "items(name,generation),nextPageToken"
    pages = google.pages(BUCKETS, path, versions="true", fields=fields)
    for entry in [entry for page in pages for entry in page.get("items", [])]:
        google.delete(BUCKETS, f"{path}/{quote(entry['name'], safe='')}?generation={entry['generation']}")
