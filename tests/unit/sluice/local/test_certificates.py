"""Certificates of an instance."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from sluice.local.certificates import make_certificates, make_key_store
from sluice.local.instance import Instance


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    instance = Instance.make(tmp_path, port_base=None, workers=1)
    make_certificates(instance)
    return instance


def tls_files(instance: Instance) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (instance.state / "tls").iterdir()}


def test_certificates_are_created_once(instance: Instance) -> None:
    first = tls_files(instance)
    make_certificates(instance)
    assert tls_files(instance) == first


def test_all_are_created_again_where_one_is_missing_as_in_a_former_version(instance: Instance) -> None:
    first = tls_files(instance)
    (instance.state / "tls/client.pem").unlink()
    make_certificates(instance)
    again = tls_files(instance)
    assert again.keys() == first.keys()
    assert all(again[name] != first[name] for name in first)


@pytest.mark.parametrize("name", ["ca.pem", "connect.pem", "registry.pem", "ca.p12"])
def test_all_are_created_again_where_a_start_was_killed_while_it_wrote_them(
    name: str, instance: Instance, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = tls_files(instance)
    other = Instance.make(tmp_path_factory.mktemp("other"), port_base=None, workers=1)
    make_certificates(other)
    if name == "ca.p12":
        (instance.state / "tls/ca.p12").unlink()
    else:  # of another authority
        (instance.state / f"tls/{name}").write_bytes((other.state / f"tls/{name}").read_bytes())
    make_certificates(instance)
    assert all(content != first[file] for file, content in tls_files(instance).items())


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----", b"\xff"])
def test_all_are_created_again_where_one_is_damaged(content: bytes, instance: Instance) -> None:
    (instance.state / "tls/connect.pem").write_bytes(content)
    make_certificates(instance)
    make_key_store(instance, "connect", name="connect-1")


def test_a_client_s_certificate_is_none_of_a_server(instance: Instance) -> None:
    purposes = {
        path.stem: {
            purpose._name  # pyright: ignore[reportPrivateUsage] it has no public name
            for purpose in x509.load_pem_x509_certificate(path.read_bytes())
            .extensions.get_extension_for_class(x509.ExtendedKeyUsage)
            .value
        }
        for path in (instance.state / "tls").glob("*.pem")
        if path.stem != "ca"
    }
    both = {"serverAuth", "clientAuth"}
    assert purposes == {
        "broker": both,
        "connect": both,
        "registry": {"serverAuth"},
        "admin": {"clientAuth"},
        "client": {"clientAuth"},
    }


def test_key_store_has_another_password_each_time_and_is_private(instance: Instance) -> None:
    stores = [make_key_store(instance, "connect", name=f"connect-{number}") for number in (1, 2)]
    assert len({password for _, password in stores}) == 2
    for name, password in stores:
        path = instance.state / name
        assert path.stat().st_mode & 0o777 == 0o600
        _, certificate, authorities = pkcs12.load_key_and_certificates(path.read_bytes(), password.encode())
        assert certificate is not None
        assert certificate.subject.rfc4514_string() == "CN=connect"
        assert [one.subject.rfc4514_string() for one in authorities] == ["CN=sluice-ca"]
