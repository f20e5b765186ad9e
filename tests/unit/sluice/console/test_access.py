"""Tests of who may use the console, without a server."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from sluice.console.access import SECURITY_HEADERS, AccessControl
from tests.unit.sluice.console.asgi_request import Answer, send_request

TOKEN = "t0ken"
HOST = ("Host", "127.0.0.1:4711")


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("the page")(scope, receive, send)


CONTROL = AccessControl(_page, token=TOKEN, port=4711)


def ask(path: str = "/", *headers: tuple[str, str], method: str = "GET") -> Answer:
    return send_request(CONTROL, path, method=method, headers=(HOST, *headers))


def cookie() -> tuple[str, str]:
    return "Cookie", (ask(f"/?token={TOKEN}").header("set-cookie") or "").partition(";")[0]


def test_the_token_opens_the_console_by_url_and_by_header() -> None:
    assert ask(f"/?token={TOKEN}").text == "the page"
    assert ask("/", ("X-Sluice-Token", TOKEN)).text == "the page"
    assert ask("/", cookie()).text == "the page"


@pytest.mark.parametrize(
    "token", ["", "t0kenx", "t0ke", "T0KEN", "x" * 100_000, "tök€n", "\x00", "%FF%FE", "t0ken%00", "😀" * 100]
)
def test_a_wrong_token_does_not(token: str) -> None:
    for answer in (ask(f"/?token={token}"), ask("/", ("X-Sluice-Token", token))):
        assert answer.status == 403
        assert answer.header("set-cookie") is None


def test_the_last_token_of_a_url_counts() -> None:
    assert ask(f"/?token=x&token={TOKEN}").status == 200
    assert ask(f"/?token={TOKEN}&token=x").status == 403


def test_a_cookie_is_found_among_those_of_other_servers() -> None:
    name, value = cookie()
    assert ask("/", (name, f'a="b; c=[1,2]; {value};; =; {{}}')).status == 200
    assert ask("/", (name, "x=1"), (name, value)).status == 200
    for wrong in (f"{value}x", value[:-1], value.partition("=")[2], "é=ü", "", "=" * 10_000):
        assert ask("/", (name, wrong)).status == 403


def test_the_cookie_of_another_console_is_not_this_ones() -> None:
    other = AccessControl(_page, token=TOKEN, port=4711)
    assert send_request(other, headers=(HOST, cookie())).status == 403


def test_only_the_token_in_the_header_changes_something() -> None:
    assert ask(f"/?token={TOKEN}", cookie(), method="POST").status == 403
    assert ask("/", ("X-Sluice-Token", TOKEN), method="POST").status == 200
    assert ask("/", cookie(), method="BREW").status == 403
    assert ask("/", cookie(), method="HEAD").status == 200


def test_a_request_without_host_is_refused() -> None:
    assert send_request(CONTROL, headers=[("X-Sluice-Token", TOKEN)]).status == 403


@pytest.mark.parametrize("host", ["127.0.0.1:4711.example", "example:4711", "127.0.0.1:4711@x", "127.0.0.1", "ü"])
def test_another_host_is_refused(host: str) -> None:
    answer = send_request(CONTROL, headers=[("Host", host), ("X-Sluice-Token", TOKEN)])
    assert answer.status == 403
    assert "open the URL" in answer.text


def test_localhost_is_the_console_too() -> None:
    own = [("Host", "localhost:4711"), ("Origin", "http://localhost:4711"), ("X-Sluice-Token", TOKEN)]
    assert send_request(CONTROL, headers=own).status == 200


def test_every_answer_is_protected() -> None:
    for answer in (ask(), ask("/", cookie()), ask("/", method="POST")):
        for name, value in SECURITY_HEADERS.items():
            assert answer.header(name.lower()) == value
