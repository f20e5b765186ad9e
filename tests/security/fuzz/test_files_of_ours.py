"""The files that the commands read themselves, with any content: an instance's, k8s/, settings of a stack."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import strategies as st

from infra.settings import stack_settings
from infra.settings.declared_settings import read_declarations
from infra.settings.stack_settings import Settings, SettingsError
from producer.runtime.exit_status import SluiceError
from sluice.local.applied_settings import changed_settings
from sluice.local.auto_restart import recent_failures
from sluice.local.instance import LAST_PORT, MAX_WORKERS, Instance
from sluice.local.pipeline_spec import PipelineSpec
from sluice.manifests.manifest_folder import K8S, read_folder
from sluice.manifests.yaml_documents import ManifestError, read_documents

from .hostile_strategies import ODD_TEXTS, damaged, damaged_json, texts, values
from .profile import bounded, fuzz

INSTANCE = {"port_base": 19090, "workers": 2, "redis_megabytes": 512}
PASSWORDS = {"kafka-producer": "a", "mysql-root": "b", "redis-admin": "c"}
APPLIED = {"broker": {"a": "b"}, "Connect worker": {}, "registry": {}, "redis": {"digest": "0"}}


@fuzz(150, content=damaged_json(INSTANCE))
def test_any_instance_file_is_opened_exactly_or_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "instance.json").write_bytes(content)
    with bounded():
        try:
            instance = Instance.open(tmp_path)
        except SluiceError as error:
            assert "instance.json" in str(error)  # noqa: PT017
            return
    found = json.loads(content)
    assert (instance.port_base, instance.workers) == (found["port_base"], found["workers"])
    assert all(0 < port <= LAST_PORT for port in instance.ports.values())
    assert 1 <= instance.workers <= MAX_WORKERS
    assert instance.redis_megabytes >= 1


@fuzz(80, content=damaged_json(PASSWORDS))
def test_any_passwords_file_is_kept_or_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "passwords.json"
    path.write_bytes(content)
    with bounded():
        try:
            known = Instance(state=tmp_path, port_base=19090, workers=1).passwords
        except SluiceError as error:
            assert "passwords.json" in str(error)  # noqa: PT017
            assert path.read_bytes() == content
            return
    assert json.loads(content).items() <= known.items()
    assert all(known.values())


@fuzz(60, content=damaged_json(APPLIED), failures=damaged_json({"mysql-sink": "x"}))
def test_records_of_ours_are_read_or_ignored(content: bytes, failures: bytes, tmp_path: Path) -> None:
    instance = Instance(state=tmp_path, port_base=19090, workers=1)
    (tmp_path / "applied.json").write_bytes(content)
    (tmp_path / "auto-restart.json").write_bytes(failures)
    with bounded():
        changed_settings(instance, SPEC)
        recent_failures(instance)


SPEC = PipelineSpec.read()
FILES = sorted(K8S.rglob("*.yaml"))
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + number)}: &{chr(98 + number)} [{','.join(['*' + chr(97 + number)] * 9)}]\n" for number in range(9)
)
ODD_YAML = (
    *(BOMB, "a: &a [*a]", "&a a: *a", "a: &a {b: *a}", "x: !!python/object/apply:os.system [true]", "a: !!binary x"),
    *("[" * 50_000, "{a: " * 50_000, "- " * 50_000, "a:\n" * 9, "? " * 2_000, "a: 2026-13-32", "a: !!int x"),
    *("a: " + "9" * 10_000, "a: 0x" + "f" * 20_000, "a: 1:" + "59:" * 900 + "1", "a: .nan", "a: !!float 1e999"),
    *("<<: {a: 1}", "<<: *x", "<<: [1]", "a: &b 1\n<<: *b", "%YAML 9.9\n---\na: 1", "a: \x00", "---\n...\n---\n", "\t"),
    *(
        "a: |\n" + " x\n" * 9,
        "? [a, b]\n: 1",
        "? {a: b}\n: 1",
        "!!set {a}",
        "!!omap [a: 1]",
        "a: !<tag:x> 1",
        "\ufeffa: 1",
    ),
    *(
        "kind: [x]\nmetadata: 1\n",
        "kind: Kafka\nmetadata: []\nspec: x",
        "kind: KafkaTopic\nspec: {}\nmetadata: {name: 1}",
    ),
)


@st.composite
def yaml_files(draw: st.DrawFn) -> bytes:
    """A file of k8s/ that is damaged, or has something odd at one of its lines."""
    text = draw(st.sampled_from(FILES)).read_bytes()
    if draw(st.booleans()):
        return draw(damaged(text))
    lines = text.split(b"\n")
    at = draw(st.integers(0, len(lines)))
    indent = b" " * draw(st.sampled_from([0, 2, 4]))
    odd = draw(st.sampled_from(ODD_YAML) | texts).encode("utf-8", "surrogatepass")
    return b"\n".join([*lines[:at], indent + odd, *lines[at + draw(st.integers(0, 2)) :]])


def read_yaml(content: bytes, folder: Path) -> None:
    path = folder / "hostile.yaml"
    path.write_bytes(content)
    with bounded(megabytes=300, seconds=20):
        try:
            read_folder(folder)
        except ManifestError as error:
            assert all("hostile.yaml" in mistake for mistake in error.mistakes)  # noqa: PT017


@fuzz(100, content=yaml_files())
def test_any_manifest_is_read_or_refused_with_its_file(content: bytes, tmp_path: Path) -> None:
    read_yaml(content, tmp_path)


@pytest.mark.parametrize("number", range(len(ODD_YAML)))
def test_odd_yaml_is_refused_with_its_file(number: int, tmp_path: Path) -> None:
    read_yaml(ODD_YAML[number].encode(), tmp_path)
    (tmp_path / "x.yaml").write_text(f"kind: KafkaTopic\nspec:\n  {ODD_YAML[number]}", encoding="utf-8")
    with bounded(megabytes=300, seconds=20), suppress(ManifestError):
        read_documents(tmp_path / "x.yaml")


DECLARATIONS = read_declarations()
DECLARED = sorted(DECLARATIONS)


@pytest.fixture
def declared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading Pulumi.yaml takes longer than all else."""
    monkeypatch.setattr(stack_settings, "read_declarations", lambda: DECLARATIONS)


@pytest.mark.usefixtures("declared_once")
@fuzz(
    20,
    given=st.dictionaries(
        st.sampled_from([*DECLARED, "load", "gcp", "budget", "guard", "nope", "load.nope", "a.b.c", ""]),
        values.map(json.dumps) | texts | st.sampled_from(["[" * 9_000, "9" * 5_000, '{"a":' * 9_000]),
        max_size=6,
    ),
)
def test_any_setting_of_a_stack_is_taken_or_refused(given: dict[str, str]) -> None:
    with bounded():
        try:
            settings = Settings.parse(given)
        except SettingsError:
            return
    assert settings


@pytest.mark.usefixtures("declared_once")
@pytest.mark.parametrize("name", DECLARED)
def test_every_setting_takes_any_text(name: str) -> None:
    for text in ODD_TEXTS:
        for given in (text, json.dumps(text), json.dumps([text])):
            with suppress(SettingsError), bounded(seconds=5):
                Settings.parse({name: given})
