"""HTTPS sessions for Google's APIs that use the certificate authorities trusted by the system.

Per session, not for the whole process: the program also connects to a cluster, whose certificate must be signed by the
cluster's own authority and no other.
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
        super().init_poolmanager(*args, ssl_context=system_tls_context(), **options)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        return super().proxy_manager_for(*args, ssl_context=system_tls_context(), **options)


def system_tls_context() -> ssl.SSLContext:
    """TLS client settings with the certificate authorities trusted by the system."""
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def session() -> requests.Session:
    """A session without credentials."""
    return _with_system_trust(requests.Session())


def authorized_session(credentials: Credentials) -> requests.Session:
    """A session with credentials; its token requests use the same certificate authorities."""
    return _with_system_trust(AuthorizedSession(credentials, auth_request=token_request()))


def token_request() -> Request:
    """The request object that credentials are refreshed with."""
    return Request(session())


def _with_system_trust(http: requests.Session) -> requests.Session:
    http.mount("https://", _SystemTrust())
    return http
