"""Settings of a stack: defaults, and the message for each mistake."""

import json
import re
from pathlib import Path

import pytest
import yaml

from infra.settings.declared_settings import ROOT, read_declarations
from infra.settings.profiles import resolve_profile
from infra.settings.stack_settings import Settings, SettingsError
from infra.settings.versions import IMAGES, OWN_IMAGES

NEEDED = {"kubeContext": "kind-sluice"}
MISTAKES = [
    ("profile", "huge", "small or large"),
    ("kubeContext", "", "kubectl config get-contexts"),
    ("namespace", "My_Space", "lower case"),
    ("namespace", "kube-system", "no namespace of Kubernetes"),
    ("kubernetes.apiServerCidrs", '["10.0.0.1/8"]', "10.0.0.0/28"),
    ("kubernetes.apiServerCidrs", "10.0.0.0/8", "a list of strings"),
    ("strimzi.chart", "charts/none", "Chart.yaml"),
    ("images.registry", "https://registry.example.com", "without https://"),
    ("images.mysql", "mysql:", "not an image or a registry"),
    ("kafka.brokers", "three", "a whole number"),
    ("kafka.brokers", "3", "small has 1"),
    ("kafka.storage", "20GB", "20Gi"),
    ("mysql.storage", "0Gi", "20Gi"),
    ("redis.storage", "lots", "20Gi"),
    ("redis.maxmemoryMi", "-1", "64 or more"),
    ("load.source", "gps.csv", "nclt:DATE"),
    ("load.source", "/data/gps.csv", "load.folder"),
    ("load.source", "https://me:hunter2@example.com/gps.csv", "without a password"),
    ("load.source", "https://example.com/gps.csv?X-Goog-Signature=hunter2", "or a signature"),
    ("load.kind", "video", "gps or images"),
    ("load.options", "[1]", "a list of strings"),
    ("load.folder", "data", "such as /data"),
    ("load.timeoutMinutes", "0", "must be 1 to"),
    ("load.timeoutMinutes", "true", "a whole number"),
    ("proof.enabled", "1", "true or false"),
    ("proof.options", "--allow-extra", "a list of strings"),
    ("proof.enabled", "yes", "true or false"),
]


@pytest.mark.parametrize(("name", "text", "remedy"), MISTAKES)
def test_mistake_is_named_with_its_remedy(name: str, text: str, remedy: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.parse({**NEEDED, name: text})
    (line,) = str(caught.value).splitlines()[1:]
    assert line.strip().startswith(f"{name}: ")
    assert remedy in line
    assert "hunter2" not in line
    assert f"pulumi config set {name} " in line


def test_every_mistake_is_reported_at_once() -> None:
    wrong = {"profile": "huge", "kafka.storage": "1", "load.kind": "video", "proof.enabled": "?", "nonsense": "1"}
    with pytest.raises(SettingsError) as caught:
        Settings.parse(wrong)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("6 ")
    assert {line.strip().partition(":")[0] for line in lines[1:]} == {*wrong, "kubeContext"}


def test_unknown_setting_is_refused_and_the_one_meant_is_named() -> None:
    with pytest.raises(SettingsError, match=re.escape("did you mean load.source?")):
        Settings.parse({**NEEDED, "load.sorce": "nclt:2012-11-16"})


def test_only_the_cluster_is_required() -> None:
    settings = Settings.parse(NEEDED)
    assert settings.profile == "small"
    assert settings.cluster.namespace == "sluice"
    assert settings.cluster.storage_class is None
    assert settings.load.source is None
    assert settings.load.prove
    assert settings.image_overrides == {}


def test_given_values_are_used() -> None:
    settings = Settings.parse(
        {
            **NEEDED,
            "profile": "large",
            "kafka.brokers": "5",
            "kafka.storage": "200Gi",
            "redis.maxmemoryMi": "8192",
            "images.redis": "registry.example.com:5000/hub/redis:8",
            "load.options": '["--max-rejects", "10"]',
        }
    )
    profile = resolve_profile(settings)
    assert (profile.brokers, profile.kafka_storage, profile.redis_maxmemory_mi) == (5, "200Gi", 8192)
    assert profile.redis.memory_mi > profile.redis_maxmemory_mi
    assert settings.image_overrides == {"redis": "registry.example.com:5000/hub/redis:8"}
    assert settings.load.options == ("--max-rejects", "10")


def test_settings_can_be_in_groups_as_pulumi_passes_them() -> None:
    given = {
        "kubeContext": "kind-sluice",
        # what Pulumi 3 makes of the defaults in Pulumi.yaml, and of `pulumi config set --path`
        "proof": '{"enabled":false}',
        "load": '{"folder":"","kind":"images","options":["--limit","5"],"source":"","timeoutMinutes":90}',
        # what `pulumi config set load.folder /data` writes
        "load.folder": "/data",
    }
    settings = Settings.parse(given)
    assert not settings.load.prove
    load = settings.load
    assert (load.kind, load.folder, load.options, load.timeout_minutes) == ("images", "/data", ("--limit", "5"), 90)


def test_mistake_in_a_group_is_named_in_full() -> None:
    with pytest.raises(SettingsError, match=r"load\.knd: there is no such setting; did you mean load\.kind\?"):
        Settings.parse({**NEEDED, "load": '{"knd":"gps"}'})
    with pytest.raises(SettingsError, match=r"load: there is no such setting"):
        Settings.parse({**NEEDED, "load": "gps"})


def test_an_unknown_setting_is_to_be_removed() -> None:
    with pytest.raises(SettingsError, match=r"qqq: there is no such setting\. Remove it: pulumi config rm qqq"):
        Settings.parse({**NEEDED, "qqq": "1"})


@pytest.mark.parametrize(
    ("name", "given", "instead"),
    [
        ("kubernetes.deleteUnreachable", {"kubernetes.deleteUnreachable": "true"}, "scripts/forget-cluster"),
        ("console.enabled", {"console.enabled": "true"}, "scripts/sluice --target … console"),
        ("console.enabled", {"console": '{"enabled":false}'}, "scripts/sluice --target … console"),
        ("images.console", {"images": '{"console":"mine:1"}'}, "scripts/sluice --target … console"),
    ],
)
def test_a_former_setting_says_what_to_use(name: str, given: dict[str, str], instead: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.parse({**NEEDED, **given})
    (line,) = str(caught.value).splitlines()[1:]
    assert line.startswith(f"  {name}: this setting does not exist any more: ")
    assert instead in line
    assert f"Remove it: pulumi config rm {name} " in line


def test_a_chart_may_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text("name: strimzi-kafka-operator")
    assert Settings.parse({**NEEDED, "strimzi.chart": str(tmp_path)}).strimzi_chart == str(tmp_path)


def test_every_image_can_be_replaced() -> None:
    names = {f"images.{name}" for name in (*IMAGES, *OWN_IMAGES)}
    assert names == {name for name in read_declarations() if name.startswith("images.")} - {"images.registry"}


def test_every_setting_is_described() -> None:
    for name, declaration in read_declarations().items():
        assert declaration.description.endswith("."), name
        assert isinstance(
            declaration.default, {"string": str, "integer": int, "boolean": bool, "array": tuple}[declaration.type]
        )


@pytest.mark.parametrize("path", sorted(ROOT.glob("Pulumi.*.yaml")), ids=lambda path: path.name)
def test_stack_in_the_repository_can_be_used(path: Path) -> None:
    config = yaml.safe_load(path.read_text())["config"]
    given = {
        name.removeprefix("sluice:"): value if isinstance(value, str) else json.dumps(value)
        for name, value in config.items()
    }
    assert Settings.parse(given).cluster.context
