"""Decides who may use the console: this user's browser, from this page only.

Other users of the machine can connect to a port on 127.0.0.1 too, and so can every page that the browser shows. A
browser gets in by the token of the printed URL and then has a cookie. Cookies know no ports: a server of another user
on another port, if the browser visits it, is sent the cookie. So it is not the token, and a request that changes
something has to have the token as well.
"""

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = "x-sluice-token"  # noqa: S105 (a name)
SECURITY_HEADERS = {
    # No inline script or style: a text from a message that reached the page unescaped could do nothing.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_READS = {"GET", "HEAD"}
_OTHER_PAGE = (
    "The request comes from another page, and only the console's own may ask here: open the URL that `sluice console` "
    "has printed."
)
_OWN_SITES = {"same-origin", "none"}
"""What a browser says of a request of the console's page, and of an address that its user has typed."""


class AccessControl:
    """ASGI middleware that refuses every request that is not of the console's own page.

    Refused with 403: a Host that is not the console's (DNS rebinding), a request that another page sends, one with
    neither the token nor the cookie, and one that changes something without the token in TOKEN_HEADER.
    """

    def __init__(self, app: ASGIApp, *, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._session = secrets.token_urlsafe(32)
        self._cookie = f"sluice-console-{port}"
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        has_token = self._is_token(_query(scope).get("token", "")) or self._is_token(headers.get(TOKEN_HEADER, ""))

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    added.setdefault(name, value)  # a report of a proof has a stricter policy of its own
                if has_token:
                    added.append("Set-Cookie", f"{self._cookie}={self._session}; Path=/; HttpOnly; SameSite=Strict")
            await send(message)

        reason = self._refusal(scope, headers, has_token=has_token)
        app = PlainTextResponse(f"{reason}\n", status_code=HTTPStatus.FORBIDDEN) if reason else self._app
        await app(scope, receive, send_safely)

    def _refusal(self, scope: Scope, headers: Headers, *, has_token: bool) -> str:
        """Return why a request is refused; empty if it is not."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self._hosts:
            return "This address is not the console's: open the URL that `sluice console` has printed."
        if origin is not None and origin != f"http://{host}":
            return _OTHER_PAGE
        if headers.get("sec-fetch-site", "none") not in _OWN_SITES and not (has_token and _navigates(headers)):
            return _OTHER_PAGE
        if not has_token and not self._has_cookie(headers):
            return "The console asks for its token: open the URL that `sluice console` has printed, with its token."
        if scope["method"] not in _READS and not self._is_token(headers.get(TOKEN_HEADER, "")):
            return "To change something, open the URL that `sluice console` has printed, with its token."
        return ""

    def _is_token(self, text: str) -> bool:
        return secrets.compare_digest(text.encode(), self._token.encode())

    def _has_cookie(self, headers: Headers) -> bool:
        """Return whether the session's cookie is there, whatever cookies other servers of this machine have set."""
        sent = f"{self._cookie}={self._session}".encode()
        cookies = ";".join(headers.getlist("cookie")).split(";")
        return any(secrets.compare_digest(cookie.strip().encode(), sent) for cookie in cookies)


def _navigates(headers: Headers) -> bool:
    """Return whether a browser opens the page itself: by a link in another page, such as a terminal in a browser."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


def _query(scope: Scope) -> Mapping[str, str]:
    text = scope.get("query_string", b"").decode("latin-1")
    return {name: values[-1] for name, values in parse_qs(text).items()}
