"""Search for an instance's secrets: passwords and private keys, in every form in which they can be used."""

import base64
import hashlib
import re
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sluice.local.instance import Instance

_BLOCK = 4 << 20
_SHORTEST = 12
"""Bytes of the shortest form: a part of a secret that is no longer would be found by chance."""


class SecretSearch:
    """Finds the secrets of an instance in any bytes."""

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        """`secrets`: their values by their names."""
        self._names = {form: name for name, secret in secrets.items() for form in _forms(secret)}
        assert min(map(len, self._names)) >= _SHORTEST
        self._overlap = max(map(len, self._names)) - 1
        # One look-up by the first three bytes in place of a search for each form.
        self._begins = np.zeros(1 << 24, dtype=bool)
        self._by_begin: dict[bytes, list[bytes]] = {}
        for form in self._names:
            self._begins[int.from_bytes(form[:3], "little")] = True
            self._by_begin.setdefault(form[:3], []).append(form)

    @classmethod
    def of(cls, instance: Instance) -> "SecretSearch":
        """Return the search for all passwords and private keys of an instance."""
        passwords = {name: password.encode() for name, password in instance.passwords.items()}
        assert len(set(passwords.values())) == len(passwords)
        stores = dict(_key_store_passwords(instance.state))
        return cls({**passwords, **stores, **dict(_private_keys(instance.state / "tls"))})

    def find(self, data: bytes) -> set[str]:
        """Return the names of the secrets that are in `data`."""
        if not data.strip(b"\0"):
            return set()
        values = np.frombuffer(data, dtype=np.uint8).astype(np.uint32)
        begins = self._begins[values[:-2] | values[1:-1] << 8 | values[2:] << 16]
        return {
            self._names[form]
            for position in np.flatnonzero(begins).tolist()
            for form in self._by_begin[data[position : position + 3]]
            if data.startswith(form, position)
        }

    def find_in_file(self, path: Path) -> set[str]:
        """Return the names of the secrets that are in a file."""
        found: set[str] = set()
        rest = b""
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                found |= self.find(rest + block)
                rest = block[-self._overlap :]
        return found


def _key_store_passwords(state: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the passwords of the workers' key stores, which only their settings have."""
    for path in state.glob("connect-*.properties"):
        (found,) = re.findall(rb"^listeners.https.ssl.keystore.password=(.*)$", path.read_bytes(), re.MULTILINE)
        yield path.name, found


def _private_keys(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the private keys of PEM files: their numbers, and the lines of their text; the first is the same in all."""
    for path in folder.glob("*.pem"):
        if found := re.search(rb"PRIVATE KEY-----\n(.*?)\n-----END", path.read_bytes(), re.DOTALL):
            key = load_pem_private_key(path.read_bytes(), None)
            assert isinstance(key, EllipticCurvePrivateKey)
            yield path.name, key.private_numbers().private_value.to_bytes(32, "big")
            for line in found[1].splitlines()[1:]:
                yield path.name, line


def _forms(secret: bytes) -> set[bytes]:
    """Return what can be used in place of a secret: encodings, and the digest with which one can log in to MySQL."""
    text = secret.decode("latin-1")
    digest = hashlib.sha1(secret).digest()
    forms = {secret, urllib.parse.quote(text).encode(), text.encode("utf-16-le"), digest}
    for value in (secret, digest):
        forms |= {value.hex().encode(), value.hex().upper().encode()}
        for before in range(3):
            # What is around it changes the first and the last characters.
            whole = base64.b64encode(bytes(before) + value)
            middle = whole[4 if before else 0 : len(whole) - 4]
            forms |= {middle, middle.translate(bytes.maketrans(b"+/", b"-_"))}
    return forms
