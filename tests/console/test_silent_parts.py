"""What the pages show while a part, or the console's server, does not answer, and how they follow a change.

The answers of the server are stand-ins here, since these states pass too quickly in a pipeline.
"""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from playwright.sync_api import Browser, Page, expect

from sluice.console.connectors_view import connectors_object
from sluice.console.pipeline_picture import Rates
from sluice.console.pipeline_view import picture_object
from sluice.console.pipeline_watch import PipelineSample
from sluice.view.http_client import UnavailableError
from sluice.view.pipeline_status import PipelineStatus
from tests.console.console_page import ConsolePage
from tests.unit.sluice.console.test_pipeline_picture import WELL

NOT_KNOWN = "Not known now; below is what was known last."
FOLLOW = """async ({change, samples}) => {
  const { follow } = await import("/static/connector_changes.js");
  const node = document.createElement("p");
  const now = Date.now;
  let time = 1e12;
  Date.now = () => time;
  const following = follow(node, () => {});
  following.begin("sink", change);
  const said = samples.map(([seconds, state, tasks]) => {
    time = 1e12 + 1000 * seconds;
    following.check([{ name: "sink", state, tasks: tasks.map((each, number) => ({ number, state: each })) }]);
    return [node.textContent, following.isFor("sink")];
  });
  Date.now = now;
  return said;
}"""

CHANGES: list[tuple[str, list[Any], list[str]]] = [
    (
        "restart",
        [(1, "RUNNING", ["FAILED"]), (2, "RUNNING", ["RUNNING"]), (11, "RUNNING", ["RUNNING"])],
        ["is being restarted …"] * 3,
    ),
    ("restart", [(2, "RUNNING", []), (30, "RUNNING", [])], ["is being restarted …"] * 2),
    (
        "restart",
        [(2, "RUNNING", ["RUNNING"]), (12, "RUNNING", ["RUNNING"]), (14, "RUNNING", ["FAILED"])],
        ["is being restarted …", "runs again.", "has failed again: the connector is RUNNING, task 0 FAILED."],
    ),
    (
        "restart",
        [(2, "RUNNING", ["RUNNING"]), (4, "RUNNING", ["FAILED"])],
        ["is being restarted …", "has failed again: the connector is RUNNING, task 0 FAILED."],
    ),
    (
        "restart",
        [(2, "RUNNING", ["RUNNING"]), (12, "RUNNING", ["RUNNING"]), (14, "RUNNING", ["UNASSIGNED"])],
        ["is being restarted …", "runs again.", "runs again."],
    ),
    (
        "pause",
        [(2, "PAUSED", ["RUNNING"]), (4, "PAUSED", ["PAUSED"]), (6, "RUNNING", ["RUNNING"])],
        [
            "is being paused …",
            "is paused.",
            "is not paused any more: the connector is RUNNING, task 0 RUNNING.",
        ],
    ),
    ("resume", [(61, "PAUSED", [])], ["does not run yet: the connector is PAUSED."]),
]
"""Change, samples (seconds since it began, state of the connector, of its tasks), and what is said after each."""


def _events(sample: Mapping[str, Any]) -> str:
    """Return a stream of one event, after whose end the page waits for long before it asks again."""
    return f"retry: 600000\n\ndata: {json.dumps(sample)}\n\n"


def _answer(page: Page, path: str, sample: Mapping[str, Any]) -> None:
    page.route(f"**{path}", lambda route: route.fulfill(content_type="text/event-stream", body=_events(sample)))


def _sample(status: PipelineStatus, known: PipelineStatus = WELL) -> PipelineSample:
    return PipelineSample(status=status, known=known, rates=Rates(), letters={})


def test_what_was_known_last_is_grey_and_no_state_of_now(console_page: ConsolePage) -> None:
    page = console_page.page
    console_page.show("Topics")
    _answer(page, "/api/pipeline", picture_object(_sample(WELL)))
    console_page.show("Pipeline")
    expect(page.get_by_role("status")).to_have_text(NOT_KNOWN)
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    expect(page.locator('.stale [data-node="topic:gps-fixes"]')).to_contain_text("20,000")
    expect(page.get_by_role("list", name="Servers")).not_to_contain_text("answers")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert console_page.accessibility_problems() == []


def test_connectors_known_last_stay_and_cannot_be_changed_while_connect_is_away(console_page: ConsolePage) -> None:
    page = console_page.page
    console_page.show("Topics")
    gone = replace(WELL, connect=UnavailableError("Kafka Connect is away"), lags=())
    _answer(page, "/api/connectors", connectors_object(_sample(gone)))
    console_page.show("Connectors")
    card = page.get_by_role("article", name="mysql-sink")
    expect(card).to_contain_text("not known")
    expect(page.get_by_text("Nothing can be changed meanwhile")).to_be_visible()
    expect(card.get_by_role("button", name="Pause")).to_be_disabled()
    card.get_by_role("button", name="Pause").dispatch_event("click")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_page_that_is_refused_says_why_and_goes_on_when_it_is_let_in(browser: Browser, console_url: str) -> None:
    refused = "The console asks for its token"
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.clock.install()
        page.route("**/api/pipeline", lambda route: route.fulfill(status=403, body=refused))
        page.goto(console_url)
        expect(page.get_by_role("alert")).to_have_text(refused)
        page.unroute("**/api/pipeline")
        page.clock.run_for(5000)
        expect(page.locator('[data-node="topic:gps-fixes"]')).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)


def test_a_second_tab_may_change_something_too(console_page: ConsolePage) -> None:
    post = (
        'async () => (await import("/static/server.js")).post("/api/connectors/change").catch((error) => error.message)'
    )
    tab = console_page.page.context.new_page()
    tab.goto(console_page.page.url)
    assert "field name must be a text" in tab.evaluate(post)


def test_the_token_is_not_left_at_the_name_localhost(browser: Browser, console_url: str) -> None:
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(console_url.replace("127.0.0.1", "localhost"))
        page.wait_for_url("http://127.0.0.1:*/")
        stored = [origin.get("origin", "") for origin in context.storage_state().get("origins", [])]
        assert stored == [page.url.rstrip("/")]


def test_the_link_to_the_content_stays_in_the_view(console_page: ConsolePage) -> None:
    page = console_page.page
    console_page.show("Connectors")
    page.get_by_role("link", name="Skip to the content").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connectors")


def test_a_damaged_address_is_said(console_page: ConsolePage) -> None:
    console_page.page.evaluate("location.hash = '#/topics/%'")
    expect(console_page.page.get_by_role("alert")).to_contain_text("The address of this page is damaged")


def test_a_change_is_called_done_when_it_lasts(console_page: ConsolePage) -> None:
    for change, samples, said in CHANGES:
        found = console_page.page.evaluate(FOLLOW, {"change": change, "samples": samples})
        assert [text for text, _ in found] == [f"sink {sentence}" for sentence in said]
        assert [busy for _, busy in found] == [sentence.endswith("…") for sentence in said]
