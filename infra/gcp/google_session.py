"""Connections to Google's APIs that trust whom this system trusts.

Each for itself, not the whole process: the program's process also speaks to a cluster, which must show a certificate of
the cluster's own authority and of no other.
"""

import ssl
from typing import Any

import requests
import truststore
from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession, Request
from requests.adapters import HTTPAdapter


class _SystemTrust(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, ssl_context=system_context(), **options)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        return super().proxy_manager_for(*args, ssl_context=system_context(), **options)


def system_context() -> ssl.SSLContext:
    """What a TLS client trusts that trusts the system's store."""
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def session() -> requests.Session:
    """A session without credentials."""
    return _mounted(requests.Session())


def authorized_session(credentials: Credentials) -> requests.Session:
    """A session of somebody who is signed in; it asks for tokens in the same way."""
    return _mounted(AuthorizedSession(credentials, auth_request=token_request()))


def token_request() -> Request:
    """What credentials are refreshed with."""
    return Request(session())


def _mounted(one: requests.Session) -> requests.Session:
    one.mount("https://", _SystemTrust())
    return one
