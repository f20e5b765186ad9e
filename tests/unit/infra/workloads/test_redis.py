"""redis.conf: the settings of a cluster and k8s/redis/redis.conf, with digests of the passwords."""

from hashlib import sha256

from infra.workloads.k8s_manifests import K8S
from infra.workloads.redis import Redis, RedisArgs, redis_conf
from infra.workloads.workload_context import WorkloadContext
from tests.unit.infra.conftest import workload_context
from tests.unit.infra.recording_monitor import Made, run


def make(context: WorkloadContext) -> list[Made]:
    return run(lambda: _make(context))


def _make(context: WorkloadContext) -> None:
    Redis("redis", RedisArgs(context=context, after=[]))


def test_settings_have_the_digest_of_each_password_and_not_the_password(context: WorkloadContext) -> None:
    (secret,) = (entry for entry in make(context) if entry.name == "redis-config")
    text = secret.plain["stringData"]["redis.conf"]
    for user in ("admin", "connect", "reader"):
        assert f"user {user} on #{sha256(f'password-of-redis-{user}'.encode()).hexdigest()}" in text
    assert "password-of" not in text
    assert "${" not in text


def test_settings_end_with_those_of_every_target(context: WorkloadContext) -> None:
    assert redis_conf(context).endswith((K8S / "redis/redis.conf").read_text())


def test_redis_holds_less_than_its_containers_memory() -> None:
    context = workload_context(**{"redis.maxmemoryMi": "1000"})
    assert "maxmemory 1000mb\n" in redis_conf(context)
    (found,) = (entry for entry in make(context) if entry.kind == "StatefulSet")
    (container,) = found.plain["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"]["memory"] == "1500Mi"


def test_changed_settings_replace_the_pod() -> None:
    pods = [
        next(
            entry for entry in make(workload_context(**{"redis.maxmemoryMi": size})) if entry.kind == "StatefulSet"
        ).plain
        for size in ("1000", "1001")
    ]
    annotations = [pod["spec"]["template"]["metadata"]["annotations"]["sluice/redis-conf"] for pod in pods]
    assert annotations[0] != annotations[1]
