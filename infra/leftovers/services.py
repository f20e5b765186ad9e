"""What other services hold: clusters, registries, buckets, log buckets."""

from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import quote

from infra.cost.api import ApiError, Google
from infra.leftovers.items import LABEL, Found, Leftover
from infra.leftovers.search import GIB, Search

CLUSTERS, REGISTRIES, BUCKETS, LOGS = "container", "artifactregistry", "storage", "logging"
_PAGES = 20
"""How many pages of a bucket's objects are added up; of what has more, the size is not known."""


def clusters(search: Search) -> Found:
    """Clusters that have the stack's label."""
    answer = search.google.get(CLUSTERS, f"v1/projects/{search.project}/locations/-/clusters")
    if zones := answer.get("missingZones"):
        raise ApiError(f"clusters in {', '.join(zones)} cannot be listed; try again in a while")
    ours = (entry for entry in answer.get("clusters", []) if search.mark.on(entry.get("resourceLabels", {})))
    return Found(
        sure=tuple(
            Leftover(
                name=entry["name"],
                place=entry["location"],
                detail=f"{entry.get('currentNodeCount', 0)} nodes, {entry.get('status', '').lower()}; its fee alone",
                cost=search.monthly("cluster-fee", search.region, Decimal(1)),
                service=CLUSTERS,
                path=f"v1/projects/{search.project}/locations/{entry['location']}/clusters/{entry['name']}",
            )
            for entry in ours
        )
    )


def registries(search: Search) -> Found:
    """Repositories of images, in every region: there is no list of all."""
    found: list[Leftover] = []
    for location in _locations(search):
        path = f"v1/projects/{search.project}/locations/{location}/repositories"
        for page in search.google.pages(REGISTRIES, path):
            for entry in page.get("repositories", []):
                if search.mark.on(entry.get("labels", {})):
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


def _locations(search: Search) -> Iterator[str]:
    for page in search.google.pages(REGISTRIES, f"v1/projects/{search.project}/locations"):
        for location in page.get("locations", []):
            yield location["locationId"]


def buckets(search: Search) -> Found:
    """Buckets, with the size of all that is in them."""
    found: list[Leftover] = []
    for page in search.google.pages(BUCKETS, "storage/v1/b", project=search.project):
        for entry in page.get("items", []):
            if search.mark.on(entry.get("labels", {})):
                size = _size(search.google, entry["name"])
                place = entry.get("location", "").lower()
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
    entries = [
        entry for page in google.pages(BUCKETS, path, versions="true", fields=fields) for entry in page.get("items", [])
    ]
    for entry in entries:
        google.delete(BUCKETS, f"{path}/{quote(entry['name'], safe='')}?generation={entry['generation']}")


def log_buckets(search: Search) -> Found:
    """Log buckets. They have no labels: the stack's is in their description, as sluice-stack=NAME."""
    found: list[Leftover] = []
    words = f"{LABEL}={search.mark.stack}"
    for page in search.google.pages(LOGS, f"v2/projects/{search.project}/locations/-/buckets"):
        for entry in page.get("buckets", []):
            described = entry.get("description", "").replace(",", " ").split()
            if words in described and entry.get("lifecycleState") != "DELETE_REQUESTED":
                name = entry["name"].split("/")
                found.append(
                    Leftover(
                        name=name[-1],
                        place=name[3],
                        detail=f"logs of {entry.get('retentionDays', 30)} days",
                        cost=None,
                        service=LOGS,
                        path=f"v2/{entry['name']}",
                    )
                )
    return Found(sure=tuple(found))
