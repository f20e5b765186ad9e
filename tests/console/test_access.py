"""Who may use the console."""

from http.client import HTTPConnection
from urllib.parse import urlsplit

from tests.console.console_page import ConsolePage


def test_the_token_leaves_the_address_bar(console_page: ConsolePage) -> None:
    assert "token" not in console_page.page.url


def test_without_the_token_nothing_is_served(console_url: str) -> None:
    where = urlsplit(console_url)
    connection = HTTPConnection(where.hostname or "", where.port)
    for path in ("/", "/static/console.js", "/api/pipeline", "/?token=wrong"):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 403
        assert b"open the URL" in answer.read()
