"""Redis: the settings of this place and of every place, and nobody's password in them."""

from hashlib import sha256

from infra.workloads.k8s_manifests import K8S
from infra.workloads.redis import Redis, RedisArgs, config
from infra.workloads.workload_context import WorkloadContext
from tests.unit.infra.conftest import workload_context
from tests.unit.infra.engine import Made, run


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


def test_settings_end_with_those_of_every_place(context: WorkloadContext) -> None:
    assert config(context).endswith((K8S / "redis/redis.conf").read_text())


def test_redis_may_hold_less_than_its_container() -> None:
    context = workload_context(**{"redis.maxmemoryMi": "1000"})
    assert "maxmemory 1000mb\n" in config(context)
    (found,) = (entry for entry in make(context) if entry.kind == "StatefulSet")
    (container,) = found.plain["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"]["memory"] == "1500Mi"


def test_other_settings_are_another_pod() -> None:
    pods = [
        next(
            entry for entry in make(workload_context(**{"redis.maxmemoryMi": size})) if entry.kind == "StatefulSet"
        ).plain
        for size in ("1000", "1001")
    ]
    annotations = [pod["spec"]["template"]["metadata"]["annotations"]["sluice/redis-conf"] for pod in pods]
    assert annotations[0] != annotations[1]
