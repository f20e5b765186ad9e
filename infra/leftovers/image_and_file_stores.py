"""What stores hold: registries of images, and buckets."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from infra.gcp.google_api import Google
from infra.leftovers.leftover import Found, Leftover
from infra.leftovers.managed_services import locations
from infra.leftovers.search_context import GIB, Search

REGISTRIES, BUCKETS = "artifactregistry", "storage"
_PAGES = 20
"""How many pages of a bucket's objects are added up; of what has more, the size is not known."""


def registries(search: Search) -> Found:
    """Repositories of images, in every region: there is no list of all."""
    found: list[Leftover] = []
    for location in locations(search, REGISTRIES):
        for entry in _repositories(search, location):
            gib = Decimal(entry.get("sizeBytes", 0)) / GIB
            found.append(
                Leftover(
                    name=entry["name"].rpartition("/")[2],
                    place=location,
                    detail=f"{gib:.1f} GiB of images",
                    cost=search.monthly("registry", location, gib),
                    service=REGISTRIES,
                    path=f"v1/{entry['name']}",
                )
            )
    return Found(sure=tuple(found))


def _repositories(search: Search, location: str) -> Iterator[dict[str, Any]]:
    path = f"v1/projects/{search.project}/locations/{location}/repositories"
    for page in search.google.pages(REGISTRIES, path):
        yield from (entry for entry in page.get("repositories", []) if search.mark.on(entry.get("labels", {})))


def buckets(search: Search) -> Found:
    """Buckets, with the size of all that is in them."""
    found: list[Leftover] = []
    for page in search.google.pages(BUCKETS, "storage/v1/b", project=search.project):
        for entry in page.get("items", []):
            if search.mark.on(entry.get("labels", {})):
                size, place = _size(search.google, entry["name"]), entry.get("location", "").lower()
                found.append(
                    Leftover(
                        name=entry["name"],
                        place=place,
                        detail="very many objects" if size is None else f"{size / GIB:.1f} GiB",
                        cost=None if size is None else search.monthly("bucket", place, size / GIB),
                        service=BUCKETS,
                        path=f"storage/v1/b/{entry['name']}",
                    )
                )
    return Found(sure=tuple(found))


def _size(google: Google, bucket: str) -> Decimal | None:
    """Bytes; None where there is too much to be added up."""
    size = Decimal(0)
    path = f"storage/v1/b/{bucket}/o"
    for count, page in enumerate(google.pages(BUCKETS, path, versions="true", fields="items(size),nextPageToken")):
        if count == _PAGES:
            return None
        size += sum(Decimal(entry.get("size", 0)) for entry in page.get("items", []))
    return size


def empty(google: Google, bucket: Leftover) -> None:
    """Remove everything in a bucket: only an empty one can be removed."""
    path = f"{bucket.path}/o"
    fields = "items(name,generation),nextPageToken"
    pages = google.pages(BUCKETS, path, versions="true", fields=fields)
    for entry in [entry for page in pages for entry in page.get("items", [])]:
        google.delete(BUCKETS, f"{path}/{quote(entry['name'], safe='')}?generation={entry['generation']}")
