"""Redis: one server with the settings and users of k8s/redis/redis.conf."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_kubernetes.core.v1 import ContainerArgsDict, ProbeArgsDict

from infra.workloads.k8s_manifests import K8S, fill_in
from infra.workloads.network_policies import REDIS_PORT
from infra.workloads.passwords import Passwords, secret
from infra.workloads.pod_template import Pod
from infra.workloads.stateful_store import DATA_VOLUME, StatefulStore
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
    """Where it is made."""

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
        text = config(args.context)
        file = secret(
            _CONFIG_SECRET,
            {"redis.conf": with_digests(text, passwords.of)},
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


def config(context: WorkloadContext) -> str:
    """The settings of this place, then those of every place, still without the digests of the passwords."""
    here = (
        f"port {REDIS_PORT}",
        "bind * -::*",
        # Everybody has a password, and a policy of the network says who may come at all.
        "protected-mode no",
        "dir /data",
        f"maxmemory {context.profile.redis_maxmemory_mi}mb",
    )
    return "\n".join(here) + "\n" + (K8S / "redis/redis.conf").read_text(encoding="utf-8")


def with_digests(text: str, passwords: Mapping[str, Output[str]]) -> Output[str]:
    """The settings with the SHA-256 of each password: that is all that Redis has to know."""
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
        # Redis reads its settings when it starts: other settings are another pod.
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
    ask = f'REDISCLI_AUTH="$(cat {_PASSWORDS}/reader-password)" redis-cli --user reader -e ping'
    answers = ["sh", "-c", ask]
    return {
        "name": _NAME,
        "image": context.images["redis"],
        # Not by the image's own script, which would load modules that nobody uses.
        "command": ["redis-server", f"{_CONFIG}/redis.conf"],
        "ports": [{"name": _NAME, "container_port": REDIS_PORT}],
        # At its start it reads all that it holds, and answers no PING until then.
        "startup_probe": _probe(answers, period=5, failures=120),
        "readiness_probe": _probe(answers, period=10, failures=3),
        "liveness_probe": _probe(answers, period=20, failures=6),
    }


def _probe(command: Sequence[str], *, period: int, failures: int) -> ProbeArgsDict:
    return {
        "exec_": {"command": list(command)},
        "period_seconds": period,
        "timeout_seconds": 5,
        "failure_threshold": failures,
    }
