"""A Kubernetes control plane on loopback: etcd, kube-apiserver and kube-controller-manager, no node.

Objects are validated, admitted and stored as in any cluster, controllers create Pods and claims, and the garbage
collector works; no Pod ever runs.
"""

import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sluice.local.instance import Instance
from sluice.local.processes import Server, StartedServer, free_port_base, running_processes, stop_processes
from tests.cluster.api_client import Api, ApiError
from tests.cluster.control_plane_credentials import make_credentials, write_kubeconfig
from tests.cluster.go_builds import Programs

_START_SECONDS = 90
_STOP_SECONDS = 10
_ETCD, _PEER, _API = range(3)
"""Offsets of the servers' ports from the first port."""


@dataclass(frozen=True, kw_only=True)
class ControlPlane:
    """A running control plane."""

    api: Api
    kubeconfig: Path


@contextmanager
def control_plane(programs: Programs, *, state: Path) -> Generator[ControlPlane]:
    """Start a control plane in the empty folder `state`, and stop it at the end of the context.

    Raises SluiceError with the last lines of a server's log if it does not start.
    """
    instance = Instance.make(state, port_base=free_port_base(), workers=1)
    token = make_credentials(instance)
    plane = _configure(instance, token=token)
    try:
        for server in (_etcd(instance, programs), _apiserver(instance, programs, plane.api)):
            _start(server, instance)
        _start(_controllers(instance, programs, plane), instance)
        yield plane
    finally:
        _end(instance)


def _configure(instance: Instance, *, token: str) -> ControlPlane:
    url = f"https://127.0.0.1:{instance.port_base + _API}"
    authority = instance.state / "tls/ca.pem"
    kubeconfig = write_kubeconfig(instance, url=url, authority=authority, token=token)
    return ControlPlane(api=Api(url=url, authority=authority, token=token), kubeconfig=kubeconfig)


def _etcd(instance: Instance, programs: Programs) -> Server:
    port = instance.port_base + _ETCD
    client, peer = f"https://127.0.0.1:{port}", f"http://127.0.0.1:{instance.port_base + _PEER}"
    certificate = str(instance.state / "tls/broker.pem")  # key and chain: Go takes each from the same file
    return _server(
        "etcd",
        [
            str(programs.etcd),
            f"--data-dir={instance.folder('etcd')}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            f"--cert-file={certificate}",
            f"--key-file={certificate}",
            f"--trusted-ca-file={instance.state / 'tls/ca.pem'}",
            "--client-cert-auth",
            "--unsafe-no-fsync",  # nothing here outlives the tests
            "--log-level=warn",
        ],
        instance,
        ready=lambda: _listens(port),
    )


def _apiserver(instance: Instance, programs: Programs, api: Api) -> Server:
    tls, key = instance.state / "tls", instance.state / "service-accounts.pem"
    return _server(
        "kube-apiserver",
        [
            str(programs.apiserver),
            f"--etcd-servers=https://127.0.0.1:{instance.port_base + _ETCD}",
            f"--etcd-cafile={tls / 'ca.pem'}",
            f"--etcd-certfile={tls / 'admin.pem'}",
            f"--etcd-keyfile={tls / 'admin.pem'}",
            "--bind-address=127.0.0.1",
            f"--secure-port={instance.port_base + _API}",
            f"--tls-cert-file={tls / 'broker.pem'}",
            f"--tls-private-key-file={tls / 'broker.pem'}",
            "--anonymous-auth=false",
            "--authorization-mode=RBAC",
            f"--token-auth-file={instance.state / 'tokens.csv'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--endpoint-reconciler-type=none",  # an address on loopback may not be a Service's endpoint
        ],
        instance,
        ready=api.ready,
    )


def _controllers(instance: Instance, programs: Programs, plane: ControlPlane) -> Server:
    return _server(
        "kube-controller-manager",
        [
            str(programs.controller_manager),
            f"--kubeconfig={plane.kubeconfig}",
            "--secure-port=0",
            "--leader-elect=false",
            "--use-service-account-credentials",
            f"--service-account-private-key-file={instance.state / 'service-accounts.pem'}",
            f"--root-ca-file={instance.state / 'tls/ca.pem'}",
        ],
        instance,
        ready=lambda: _controllers_work(plane.api),
    )


def _server(name: str, command: Sequence[str], instance: Instance, *, ready: Callable[[], bool]) -> Server:
    return Server(name=name, command=[*_END_WITH_PARENT, *command], folder=instance.state, ready=ready)


_END_WITH_PARENT = (
    (
        sys.executable,
        "-c",
        # 1: PR_SET_PDEATHSIG, which outlives the exec
        f"import ctypes, os, sys; ctypes.CDLL(None).prctl(1, {signal.SIGTERM:d}); os.execv(sys.argv[1], sys.argv[1:])",
    )
    if sys.platform == "linux"
    else ()
)
"""Prefix of a server's command: it ends the server with the tests' process, even if that is killed."""


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _controllers_work(api: Api) -> bool:
    # A controller creates it.
    try:
        return api.read("v1", "ServiceAccount", "default", namespace="default") is not None
    except ApiError:
        return False


def _start(server: Server, instance: Instance) -> None:
    StartedServer(server, instance=instance).wait(seconds=_START_SECONDS, cancelled=threading.Event())


def _end(instance: Instance) -> None:
    for name in ("kube-controller-manager", "kube-apiserver", "etcd"):
        stop_processes([entry for entry in running_processes(instance) if entry.name == name], seconds=_STOP_SECONDS)
