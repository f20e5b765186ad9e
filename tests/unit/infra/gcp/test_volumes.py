"""Waiting until all disks of a cluster are deleted."""

import json
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from infra.gcp.gke_clusters import ClusterName, cluster_status
from infra.gcp.google_api import ENDPOINT, ApiError, Google
from infra.gcp.volumes import Api, ClusterGoneError, Volume, VolumesLeftError, wait_for_disk_deletion


def volume(name: str, *, policy: str = "Delete") -> Volume:
    csi = {"driver": "pd.csi.storage.gke.io", "volumeHandle": f"projects/p/zones/z/disks/disk-of-{name}"}
    claim = {"namespace": "sluice", "name": "data-mysql-0"}
    spec = {"csi": csi, "persistentVolumeReclaimPolicy": policy, "claimRef": claim}
    return {"metadata": {"name": name}, "spec": spec}


FOLDER: Volume = {"metadata": {"name": "f"}, "spec": {"hostPath": {"path": "/data"}}}


class Time:
    """A clock that advances only by sleep."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def wait(answers: Sequence[Sequence[Volume] | Exception], *, seconds: float = 60) -> float:
    left, time = iter(answers), Time()

    def volumes() -> Sequence[Volume]:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    wait_for_disk_deletion(volumes, seconds=seconds, clock=time.clock, sleep=time.sleep)
    assert next(left, None) is None
    return time.now


def test_ends_when_the_last_disk_is_deleted() -> None:
    assert wait([[volume("a"), volume("b")], [volume("b")], []]) == 10


def test_hostpath_volumes_are_not_waited_for() -> None:
    assert wait([[FOLDER]]) == 0


def test_a_deleted_cluster_is_not_waited_for() -> None:
    assert wait([ClusterGoneError("gone")]) == 0


def test_a_failed_request_is_retried() -> None:
    assert wait([OSError("reset"), []]) == 5


def test_disks_that_stay_keep_the_cluster_and_are_named() -> None:
    with pytest.raises(VolumesLeftError, match=r"a \(disk disk-of-a, claim sluice/data-mysql-0\).*pulumi destroy"):
        wait([[volume("a")]] * 3, seconds=10)


def test_retained_disk_is_not_waited_for() -> None:
    with pytest.raises(VolumesLeftError, match=r"Retain.*disk-of-a"):
        wait([[volume("a", policy="Retain")]])


def test_cluster_that_never_answers_is_not_deleted() -> None:
    with pytest.raises(VolumesLeftError, match=r"no route.*Check the login"):
        wait([OSError("no route")] * 3, seconds=10)


@pytest.fixture
def served() -> Iterator[dict[str, Any]]:
    """A server on this machine; its response for each path: a status or a JSON object."""
    answers: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers.get(self.path, 404)
            allowed = self.headers["Authorization"] == "Bearer t" or self.path.startswith("/container/")
            known = allowed and not isinstance(answer, int)
            self.send_response(200 if known else answer if isinstance(answer, int) else 401)
            self.end_headers()
            if known:
                self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answers["url"] = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield answers
    server.shutdown()
    server.server_close()


NAME = ClusterName(project="p", location="l", cluster="c")
CLUSTERS = "/container/v1/projects/p/locations/l/clusters"


def api(served: dict[str, Any], *, server: str | None = None) -> Api:
    google = Google.signed_in({ENDPOINT: served["url"]}, project="p", sleep=lambda _: None)
    return Api(
        server=server or served["url"],
        authority=None,
        token=lambda: "t",
        exists=lambda: cluster_status(google, NAME) is not None,
    )


def test_api_server_is_asked_with_a_token(served: dict[str, Any]) -> None:
    served["/api/v1/persistentvolumes"] = {"items": [volume("a")]}
    assert [entry["metadata"]["name"] for entry in api(served).volumes()] == ["a"]


@pytest.mark.parametrize("clusters", [{}, {"clusters": [{"name": "another", "status": "RUNNING"}]}])
def test_gke_says_whether_the_cluster_is_gone(served: dict[str, Any], clusters: dict[str, Any]) -> None:
    served[CLUSTERS] = clusters
    with pytest.raises(ClusterGoneError):
        api(served, server="http://127.0.0.1:1").volumes()
    served[CLUSTERS] = {"clusters": [{"name": "c", "status": "STOPPING"}]}
    with pytest.raises(OSError, match="refused"):
        api(served, server="http://127.0.0.1:1").volumes()


def test_what_a_login_page_answers_is_no_list_of_disks(served: dict[str, Any]) -> None:
    served["/api/v1/persistentvolumes"] = {"kind": "Status"}
    served[CLUSTERS] = {"clusters": [{"name": "c"}]}
    with pytest.raises(ValueError, match="other than a list"):
        api(served).volumes()


@pytest.mark.parametrize("answer", [401, 403, 404, 500, {"missingZones": ["l"]}])
def test_refusal_is_not_taken_for_a_cluster_that_is_gone(served: dict[str, Any], answer: object) -> None:
    served[CLUSTERS] = answer
    with pytest.raises(ApiError):
        api(served, server="http://127.0.0.1:1").volumes()


def test_a_refusal_of_gke_keeps_the_cluster() -> None:
    with pytest.raises(VolumesLeftError, match=r"container answers 403.*Check the login"):
        wait([ApiError("container answers 403", code=403)] * 3, seconds=10)
