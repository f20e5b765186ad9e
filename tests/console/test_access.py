"""Who may use the console: this user's browser, from the console's own page, and nobody else."""

import errno
import os
import pwd
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser

from tests.console.console_page import ConsolePage

PATHS = ("/", "/static/console.js", "/api/pipeline", "/nothing")


@dataclass(frozen=True)
class Served:
    """The tests' console, as HTTP."""

    port: int
    token: str

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, Mapping[str, str], str]:
        """Send a request without token and cookie; `_` in the name of a header stands for `-`."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, headers={name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read().decode()

    def cookie(self) -> str:
        """Return the cookie that the token gives."""
        return self.ask(f"/?token={self.token}")[1]["set-cookie"].partition(";")[0]


@pytest.fixture(scope="session")
def served(console_url: str) -> Served:
    url = urlsplit(console_url)
    return Served(url.port or 0, parse_qs(url.query)["token"][0])


def test_the_token_leaves_the_address_bar(console_page: ConsolePage) -> None:
    assert "token" not in console_page.page.url


def test_without_the_token_nothing_is_served(served: Served) -> None:
    for path in (*PATHS, "/?token=wrong", "/?token=", f"/?token={served.token[:-1]}", f"/?token={'x' * 8000}"):
        status, headers, text = served.ask(path)
        assert status == 403, path
        assert "open the URL that `sluice console` has printed" in text
        assert "set-cookie" not in headers


def test_nobody_listens_for_other_machines(served: Served) -> None:
    with closing(socket.socket()) as client:
        client.settimeout(5)
        assert client.connect_ex(("127.0.0.2", served.port)) == errno.ECONNREFUSED


def test_a_second_user_of_this_machine_gets_nothing(served: Served) -> None:
    program = (
        "import sys, urllib.request, urllib.error\n"
        "try: urllib.request.urlopen(sys.argv[1])\n"
        "except urllib.error.HTTPError as error: print(error.code)\n"
    )
    nobody = pwd.getpwnam("nobody")
    other: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid} if os.geteuid() == 0 else {}
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
    for path in PATHS:
        command = [python, "-I", "-c", program, f"http://127.0.0.1:{served.port}{path}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **other)
        assert done.stdout.strip() == "403", done.stderr


def test_the_cookie_alone_changes_nothing(served: Served) -> None:
    cookie = served.cookie()
    assert served.ask("/", Cookie=cookie)[0] == 200
    assert served.ask("/", Cookie=f'other={{"a": [1]}}; {cookie}; b=\xe4')[0] == 200
    assert served.ask("/", Cookie=f"{cookie}x")[0] == 403
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        status, _, text = served.ask("/api/pipeline", method, Cookie=cookie)
        assert (status, "To change something" in text) == (403, True)
        assert served.ask(f"/api/pipeline?token={served.token}", method, Cookie=cookie)[0] == 403
        assert served.ask("/api/pipeline", method, Cookie=cookie, X_Sluice_Token=served.token)[0] == 405


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example:{port}"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:1"},
        {"Host": ""},
        {"Origin": "http://other.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_another_page_gets_nothing_even_with_token_and_cookie(served: Served, headers: Mapping[str, str]) -> None:
    sent = {name: text.format(port=served.port) for name, text in headers.items()}
    for path in PATHS:
        status, _, text = served.ask(f"{path}?token={served.token}", Cookie=served.cookie(), **sent)
        assert status == 403, path
        assert "`sluice console` has printed" in text


def test_a_link_in_another_page_opens_the_console_by_its_token(served: Served) -> None:
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert served.ask(f"/?token={served.token}", **link)[0] == 200
    assert served.ask("/", Cookie=served.cookie(), **link)[0] == 403


def test_every_answer_has_the_headers_that_protect_it(served: Served) -> None:
    answers = {
        200: served.ask("/", X_Sluice_Token=served.token),
        403: served.ask("/"),
        404: served.ask("/nothing", X_Sluice_Token=served.token),
        405: served.ask("/api/pipeline", "POST", X_Sluice_Token=served.token),
    }
    for expected, (status, headers, text) in answers.items():
        assert status == expected
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers
        assert "Traceback" not in text
        assert status == 200 or "open" in text.lower()
    cookie = answers[200][1]["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert served.token not in cookie


def test_head_is_answered_and_ends(served: Served) -> None:
    for path, expected in (("/", 200), ("/static/console.js", 200), ("/api/pipeline", 200), ("/nothing", 404)):
        status, _, text = served.ask(path, "HEAD", X_Sluice_Token=served.token)
        assert (status, text) == (expected, "")
    assert served.ask("/", "HEAD")[0] == 403


def test_files_beside_the_pages_are_not_served(served: Served) -> None:
    for path in ("/static/../access.py", "/static/%2e%2e/access.py", "/static//etc/passwd", "/static/"):
        assert served.ask(path, X_Sluice_Token=served.token)[0] == 404


@contextmanager
def _other_site(page: str) -> Generator[str]:
    """Serve a page at another port of this machine: for SameSite the same site, for Origin another."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_page_of_another_site_reaches_nothing(browser: Browser, served: Served, console_url: str) -> None:
    console = f"http://127.0.0.1:{served.port}"
    page = f'<form action="{console}/api/pipeline" method="post" target="frame"></form><iframe name="frame"></iframe>'
    attack = """async (console) => {
      const said = async (work) => { try { return await work(); } catch (error) { return error.name; } };
      const load = (name, url) => new Promise((done) => {
        const node = document.createElement(name);
        node.onload = () => done("loaded");
        node.onerror = () => done("refused");
        node.src = url;
        document.body.append(node);
      });
      const framed = () => {
        try { return document.querySelector("iframe").contentDocument?.body.textContent ?? ""; } catch { return ""; }
      };
      const ask = (path, options) => fetch(console + path, { credentials: "include", ...options });
      return {
        fetch: await said(async () => (await ask("/api/pipeline")).status),
        blind: await said(async () => (await ask("/", { mode: "no-cors" })).type),
        post: await said(async () => (await ask("/api/pipeline", { method: "POST" })).status),
        script: await load("script", `${console}/static/console.js`),
        image: await load("img", `${console}/static/icon.svg`),
        events: await new Promise((done) => {
          const source = new EventSource(`${console}/api/pipeline`, { withCredentials: true });
          source.onmessage = () => done("event");
          source.onerror = () => { source.close(); done("refused"); };
        }),
        socket: await new Promise((done) => {
          const socket = new WebSocket(`${console.replace("http", "ws")}/api/pipeline`);
          socket.onopen = () => done("open");
          socket.onerror = () => done("refused");
        }),
        form: await new Promise((done) => {
          document.querySelector("iframe").onload = () => done(framed());
          document.querySelector("form").submit();
        }),
        frame: await new Promise((done) => {
          const frame = document.querySelector("iframe");
          frame.onload = () => done(framed());
          frame.src = console;
        }),
      };
    }"""
    with closing(browser.new_context()) as context, _other_site(page) as other:
        context.new_page().goto(console_url)  # the browser has the console's cookie
        foreign = context.new_page()
        answers: list[tuple[str, str, int]] = []
        foreign.on("response", lambda answer: answers.append((answer.request.method, answer.url, answer.status)))
        foreign.goto(other)
        found = foreign.evaluate(attack, console)
    assert found.pop("blind") in ("opaque", "TypeError")
    assert found == {
        "fetch": "TypeError",
        "post": "TypeError",
        "script": "refused",
        "image": "refused",
        "events": "refused",
        "socket": "refused",
        "form": "",
        "frame": "",
    }
    sent = [(method, url, status) for method, url, status in answers if url.startswith(console)]
    assert sent, "the console was asked"
    assert {status for _, _, status in sent} == {403}
