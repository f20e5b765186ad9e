"""Waiting until all disks of a cluster are deleted."""

import json
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.error import HTTPError

import pytest

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
    assert wait([ClusterGoneError()]) == 0


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
            known = self.headers["Authorization"] == "Bearer t" and not isinstance(answer, int)
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


def api(served: dict[str, Any], *, server: str | None = None) -> Api:
    return Api(
        server=server or served["url"], authority=None, cluster=f"{served['url']}/gke", project="p", token=lambda: "t"
    )


def test_api_server_is_asked_with_a_token(served: dict[str, Any]) -> None:
    served["/api/v1/persistentvolumes"] = {"items": [volume("a")]}
    assert [entry["metadata"]["name"] for entry in api(served).volumes()] == ["a"]


def test_gke_says_whether_the_cluster_is_gone(served: dict[str, Any]) -> None:
    with pytest.raises(ClusterGoneError):
        api(served, server="http://127.0.0.1:1").volumes()
    served["/gke"] = {"status": "RUNNING"}
    with pytest.raises(OSError, match="refused"):
        api(served, server="http://127.0.0.1:1").volumes()


@pytest.mark.parametrize("status", [401, 403, 500])
def test_refusal_is_not_taken_for_a_cluster_that_is_gone(served: dict[str, Any], status: int) -> None:
    served["/gke"] = status
    with pytest.raises(HTTPError):
        api(served).volumes()
