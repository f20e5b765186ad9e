"""Redis: one server, with the settings and users of k8s/redis/redis.conf."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_kubernetes.core.v1 import ContainerArgsDict

from infra.workloads.k8s_manifests import K8S, fill_in
from infra.workloads.network_policies import REDIS_PORT
from infra.workloads.passwords import Passwords, secret
from infra.workloads.pod_template import Pod
from infra.workloads.stateful_store import DATA_VOLUME, StatefulStore, exec_probe
from infra.workloads.workload_context import WorkloadContext

_NAME = "redis"
_CONFIG_SECRET = "redis-config"  # noqa: S105 a name
_USERS = ("admin", "connect", "reader")
_UID = 999
"""The image's own user."""
_CONFIG = "/etc/sluice/redis"
_PASSWORDS = "/etc/sluice/redis-passwords"


@dataclass(frozen=True, kw_only=True)
class RedisArgs:
    """`after` is the namespace."""

    context: WorkloadContext
    after: Sequence[Resource]


class Redis(ComponentResource):
    """The server; its passwords are in the Secret `redis`."""

    host: str
    port: int

    def __init__(self, name: str, args: RedisArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:workloads:Redis", name, None, opts)
        after = list(args.after)
        passwords = Passwords(_NAME, _USERS, context=args.context, parent=self, after=after)
        text = redis_conf(args.context)
        file = secret(
            _CONFIG_SECRET,
            {"redis.conf": fill_in_digests(text, passwords.by_user)},
            context=args.context,
            component=_NAME,
            parent=self,
            after=after,
        )
        store = StatefulStore(
            context=args.context,
            pod=_pod(args.context, text),
            port=REDIS_PORT,
            storage=args.context.profile.redis_storage,
        )
        store.make(parent=self, after=[*after, passwords.secret, file])
        self.host, self.port = _NAME, REDIS_PORT
        self.register_outputs({"host": self.host, "port": self.port})


def redis_conf(context: WorkloadContext) -> str:
    """redis.conf: the settings of a cluster, then k8s/redis/redis.conf, with `${…}` in place of password digests."""
    here = (
        f"port {REDIS_PORT}",
        "bind * -::*",
        # Every user has a password, and a network policy limits who can connect.
        "protected-mode no",
        "dir /data",
        f"maxmemory {context.profile.redis_maxmemory_mi}mb",
    )
    return "\n".join(here) + "\n" + (K8S / "redis/redis.conf").read_text(encoding="utf-8")


def fill_in_digests(text: str, passwords: Mapping[str, Output[str]]) -> Output[str]:
    """Fill in the SHA-256 digest of each password: Redis needs no more than that."""
    return Output.all(**passwords).apply(lambda values: fill_in(text, _digests(values)))


def _digests(passwords: Mapping[str, str]) -> dict[str, str]:
    return {f"REDIS_{user.upper()}_DIGEST": sha256(text.encode()).hexdigest() for user, text in passwords.items()}


def _pod(context: WorkloadContext, text: str) -> Pod:
    return Pod(
        name=_NAME,
        component=_NAME,
        resources=context.profile.redis,
        user=_UID,
        container=_container(context),
        scratch={"/tmp": "64Mi"},  # noqa: S108 its own
        # Redis reads its settings when it starts: changed settings replace the pod.
        annotations={"sluice/redis-conf": sha256(text.encode()).hexdigest()[:16]},
        volumes=[
            {"name": "config", "secret": {"secret_name": _CONFIG_SECRET}},
            {
                "name": "passwords",
                "secret": {"secret_name": _NAME, "items": [{"key": "reader-password", "path": "reader-password"}]},
            },
        ],
        mounts=[
            {"name": DATA_VOLUME, "mount_path": "/data"},
            {"name": "config", "mount_path": _CONFIG, "read_only": True},
            {"name": "passwords", "mount_path": _PASSWORDS, "read_only": True},
        ],
    )


def _container(context: WorkloadContext) -> ContainerArgsDict:
    script = f'REDISCLI_AUTH="$(cat {_PASSWORDS}/reader-password)" redis-cli --user reader -e ping'
    ping = ["sh", "-c", script]
    return {
        "name": _NAME,
        "image": context.images["redis"],
        # Not the image's entry point, which would load modules that nobody uses.
        "command": ["redis-server", f"{_CONFIG}/redis.conf"],
        "ports": [{"name": _NAME, "container_port": REDIS_PORT}],
        # At its start Redis loads all its data, and answers no PING before.
        "startup_probe": exec_probe(ping, period=5, failures=120),
        "readiness_probe": exec_probe(ping, period=10, failures=3),
        "liveness_probe": exec_probe(ping, period=20, failures=6),
    }
