"""The settings that the servers were last started with, to tell what is another one now."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import cast

from producer.runtime.exit_status import SluiceError
from sluice.local.drift import Drift, changed, setting_changes
from sluice.local.instance import Instance
from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.state_files import read_object
from sluice.manifests.manifest_folder import K8S
from sluice.manifests.yaml_documents import read_text

_FILE = "applied.json"
_REDIS = "redis"


def changed_settings(instance: Instance, description: PipelineSpec) -> list[Drift]:
    """A sentence for each setting of a server that differs from the last time; nothing the first time."""
    before = _kept(instance)
    if not before:
        return []
    now = _settings(description)
    found = [
        finding
        for server, settings in now.items()
        if server != _REDIS
        for finding in setting_changes(server, before.get(server, {}), dict(settings))
    ]
    if before.get(_REDIS) != now[_REDIS]:
        found.append(changed("redis: k8s/redis/redis.conf is another one than the last time, and holds now"))
    return found


def _kept(instance: Instance) -> Mapping[str, dict[str, str]]:
    """What keep_settings() has written; nothing where there is no such file, or it is damaged: it only informs."""
    try:
        found = read_object(instance.state / _FILE, values=dict, remedy="")
    except (FileNotFoundError, SluiceError):
        return {}
    return cast(Mapping[str, dict[str, str]], found)


def keep_settings(instance: Instance, description: PipelineSpec) -> None:
    """Note what the servers have been started with."""
    instance.write(_FILE, json.dumps(_settings(description)))


def _settings(description: PipelineSpec) -> dict[str, dict[str, str]]:
    redis = sha256(read_text(K8S / "redis/redis.conf").encode()).hexdigest()
    return {
        "broker": dict(description.broker),
        "Connect worker": {**description.worker, "-Xmx": description.worker_heap},
        "registry": dict(description.registry),
        _REDIS: {"digest": redis},
    }
