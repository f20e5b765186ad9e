"""Secrets in settings and traces are masked; placeholders, and what only looks alike, stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.secret_settings import MASK, is_placeholder, is_secret_name, mask_settings, mask_text, secret_values
from tests.conftest import ROOT

SECRET = "hunter2-Geheim"


@pytest.mark.parametrize(
    "name",
    [
        "connection.password",
        "database.ssl.keystore.password",
        "redis.PASSWD",
        "my.pwd",
        "db.pass",
        "ssl.key.passphrase",
        "oauth.client.secret",
        "api_token",
        "sasl.login.credentials",
        "consumer.override.sasl.jaas.config",
        "value.schema.registry.basic.auth.user.info",
        "ssl.keystore.key",
        "tls.private-key",
        "aws.access.key.id",
        "privateKey",
        "storage.account.key",
        "encryption.keyMaterial",
        "http.headers.authorization",
    ],
)
def test_a_secret_is_masked_by_its_name(name: str) -> None:
    assert mask_settings({name: SECRET}) == {name: MASK}
    assert mask_settings({name: "${env:NAME}"}) == {name: "${env:NAME}"}
    assert mask_settings({name: f"${{env:NAME}}{SECRET}"}) == {name: MASK}


@pytest.mark.parametrize(
    "name", ["key.converter", "pk.mode", "redis.offsets.key", "ssl.keystore.location", "tasks.max"]
)
def test_other_settings_are_shown(name: str) -> None:
    assert mask_settings({name: "sluice:offsets:${connector}"}) == {name: "sluice:offsets:${connector}"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"jdbc:mysql://u:{SECRET}@host/db", f"jdbc:mysql://{MASK}@host/db"),
        (f"http://u:{SECRET[:6]}@{SECRET}@host", f"http://{MASK}@host"),
        ("https://${env:U}:${env:P}@host/", "https://${env:U}:${env:P}@host/"),
        (f"http://a:1,http://u:{SECRET}@b", f"http://a:1,http://{MASK}@b"),
        (f"jdbc:mysql://host/db?password={SECRET}&ssl=true", f"jdbc:mysql://host/db?password={MASK}&ssl=true"),
        (f'required username="x" password="{SECRET} more";', f'required username="x" password="{MASK}";'),
        ('required username="x" password="${env:P}";', 'required username="x" password="${env:P}";'),
        (f"password=${{env:P}}{SECRET}", f"password={MASK}"),
        (f'{{"password": "{SECRET}", "a": 1}}', f'{{"password": "{MASK}", "a": 1}}'),
        (f"Authorization: Bearer {SECRET}", f"Authorization: Bearer {MASK}"),
        (f"x -----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY----- y", f"x {MASK} y"),
    ],
)
def test_a_secret_in_a_text_is_masked_by_its_form(text: str, shown: str) -> None:
    assert mask_text(text) == shown
    assert mask_settings({"plain": text}) == {"plain": shown}


@pytest.mark.parametrize(
    "text",
    [
        "Access denied for user 'connect'@'localhost' (using password: YES)",
        "org.apache.kafka.common.errors.InvalidTokenException: it has ended",
        "Unrecognized token 'nope': was expecting a number",
        "a Basic example, and a Bearer of news",
        "http://127.0.0.1:8083/connectors",
    ],
)
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert mask_text(text) == text


def test_a_secret_of_the_settings_is_masked_wherever_it_stands() -> None:
    config = {"a.password": SECRET, "user.info": f"me:{SECRET}2", "note": f"it is {SECRET}", "b.password": "on"}
    assert mask_settings(config)["note"] == f"it is {MASK}"
    trace = f"the connection says {SECRET}2, not {SECRET}, on"
    assert mask_text(trace, secret_values(config)) == f"the connection says {MASK}, not {MASK}, {MASK}"


def test_the_parts_of_placeholders_are_no_secrets() -> None:
    assert secret_values({"a.password": "${env:MYSQL_PASSWORD}", "user.info": "${env:U}:${env:P}"}) == frozenset()
    assert secret_values({"user.info": "${env:U}:hunter2"}) >= {"hunter2"}


def test_a_long_text_is_cut_and_quickly_masked() -> None:
    for text in ("password" * 20_000, "a.b-" * 50_000, "://" * 50_000, "://a@" * 40_000, '"' * 100_000, "x=" * 90_000):
        assert len(mask_text(text)) < 110_000


@given(st.text(min_size=1), st.sampled_from(["", "x", "://", "password=", " ", "${env:", "@"]))
def test_a_secret_never_comes_through(secret: str, around: str) -> None:
    config = {"some.password": secret, "trace": f"{around}{secret}{around}"}
    shown = mask_settings(config)
    assert shown["some.password"] == MASK or is_placeholder(secret)


def test_the_pipelines_own_settings_are_shown_as_they_are() -> None:
    for path in (ROOT / "k8s/connectors").glob("*.yaml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            name, _, value = line.strip().partition(": ")
            if value and not name.startswith("#"):
                assert mask_settings({name: value}) == {name: value}, name
                assert is_secret_name(name) <= is_placeholder(value)
