"""View Topics: filter, jump, tombstone, one message whole, schemas, configuration; records that would break a page."""

import json
from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from playwright.sync_api import Locator, expect

from producer.kafka.register_schema import register
from sluice.view.endpoints import Endpoints
from tests.console.console_page import ConsolePage

RUN = f"topics-view-{uuid4().hex[:8]}"
SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src="x" onerror="alert(2)">'
CONTROL = "\x1b[31m\u202e"
ESCAPED = r"\x1b[31m\u202e"
LARGE = 600_000
SUBJECT = "redis-sink-dead-letters-value"


@pytest.fixture(scope="module", autouse=True)
def records(endpoints: Endpoints) -> None:
    """Records in gps-fixes that are hostile, large and no text; the last one is a tombstone."""
    producer = Producer(endpoints.producer.client_settings())
    key = f"{RUN} {SCRIPT}"
    headers: list[tuple[str, str | bytes | None]] = [(IMAGE + CONTROL, SCRIPT.encode()), ("none", None)]
    schema = {"type": "struct", "fields": [{"field": IMAGE, "type": "string"}]}
    fields = json.dumps({"schema": schema, "payload": {IMAGE: SCRIPT + CONTROL}}, separators=(",", ":"))
    values = [fields, b"\xff\xfe" + IMAGE.encode(), IMAGE + "x" * LARGE]
    producer.produce("gps-fixes", key="older", value=None, partition=0)  # where no other test has written before
    for value in values:
        producer.produce("gps-fixes", key=key, value=value, headers=headers, partition=0)
    producer.produce("gps-fixes", key=f"{RUN} gone", value=None, partition=0)
    assert producer.flush(30) == 0


@pytest.fixture
def alerts(console_page: ConsolePage) -> Generator[list[str]]:
    """Alerts that a record has opened: none."""
    opened: list[str] = []

    def keep(dialog: object) -> None:
        opened.append(str(dialog))
        dialog.dismiss()  # pyright: ignore

    console_page.page.on("dialog", keep)
    yield opened
    assert opened == []


@pytest.fixture
def versions(endpoints: Endpoints) -> Generator[None]:
    """Two versions of a schema for a topic that has none."""
    fields = [{"name": "id", "type": "int"}, {"name": "old", "type": "string"}]
    later = [{"name": "id", "type": "long"}, {"name": "note", "type": ["null", "string"], "default": None}]
    for each in (fields, later):
        schema = {"type": "record", "name": "Example", "fields": each}
        register(json.dumps(schema), subject=SUBJECT, registry=endpoints.compatible_registry)
    yield
    for query in ("", "?permanent=true"):
        endpoints.compatible_registry.send("DELETE", f"/subjects/{SUBJECT}{query}", seconds=20)


def open_messages(console_page: ConsolePage, topic: str) -> Locator:
    """Open a topic's messages; returns the rows of the table."""
    page = console_page.page
    console_page.show("Topics")
    page.get_by_role("link", name=topic, exact=True).click()
    page.get_by_role("link", name="Messages").click()
    rows = page.locator(".messages tbody tr")
    expect(rows.first).to_be_visible()
    return rows


def search(console_page: ConsolePage, text: str) -> None:
    console_page.page.get_by_label("Text in any field").fill(text)
    console_page.page.get_by_role("button", name="Show").click()


def test_the_list_leads_to_a_topic_and_its_numbers(console_page: ConsolePage, screenshots: Path) -> None:
    page = console_page.page
    console_page.show("Topics")
    row = page.get_by_role("row").filter(has_text="gps-fixes")
    expect(row).to_contain_text("≈", timeout=20_000)  # sizes are sampled beside the list
    console_page.take_pictures("topics", screenshots)
    row.get_by_role("link").click()
    expect(page.locator(".card").filter(has_text="Kept")).to_contain_text("30 days")
    expect(page.get_by_role("region", name="Read by")).to_contain_text("connect-mysql-sink")
    expect(page.get_by_role("region", name="Partitions").get_by_role("row")).to_have_count(5)
    page.get_by_role("link", name="Configuration").click()
    expect(page.get_by_role("region", name="Set for this topic")).to_contain_text("retention.ms")


def test_records_are_found_and_cannot_break_the_page(
    console_page: ConsolePage, screenshots: Path, alerts: list[str]
) -> None:
    page = console_page.page
    rows = open_messages(console_page, "gps-fixes")
    page.screenshot(path=screenshots / "topic-messages-newest.png")
    search(console_page, RUN.upper())
    expect(rows).to_have_count(4)
    expect(rows.nth(0)).to_contain_text("tombstone")
    expect(rows.nth(1)).to_contain_text(f"{LARGE + len(IMAGE):,} characters")
    expect(rows.nth(2)).to_contain_text("fffe")
    expect(rows.nth(3)).to_contain_text(f"{RUN} {SCRIPT}")
    expect(rows.nth(3)).to_contain_text(f"{IMAGE}={SCRIPT}{ESCAPED}")
    console_page.take_pictures("topic-messages", screenshots)
    rows.nth(3).get_by_role("button").click()
    whole = page.get_by_role("dialog")
    expect(whole.get_by_role("region", name="Headers")).to_contain_text(IMAGE + ESCAPED + SCRIPT)
    console_page.take_pictures("topic-message", screenshots)
    page.keyboard.press("Escape")
    expect(whole).to_have_count(0)
    rows.nth(1).get_by_role("button").click()
    expect(page.get_by_role("dialog").locator("pre").first).to_contain_text("characters")
    assert page.locator("img").count() == 0
    assert alerts == []


def test_an_offset_is_jumped_to_and_pages_lead_on(console_page: ConsolePage) -> None:
    page = console_page.page
    rows = open_messages(console_page, "gps-fixes")
    search(console_page, f"{RUN} gone")
    expect(rows).to_have_count(1)
    offset = int(rows.first.get_by_role("button").inner_text())
    page.get_by_label("Text in any field").fill("")
    page.get_by_label("Start").select_option("From an offset")
    page.get_by_label("1200, or 3:1200").fill(f"0:{offset - 3}")
    page.get_by_role("button", name="Show").click()
    expect(rows.first.get_by_role("button")).to_have_text(str(offset - 3))
    expect(rows.nth(3)).to_contain_text("tombstone")
    # What is typed and not shown yet changes neither what is searched nor the order.
    page.get_by_label("Text in any field").fill("not shown yet")
    page.get_by_label("Start").select_option("From a time")
    page.get_by_role("button", name="Older").click()
    expect(rows.last.get_by_role("button")).to_have_text(str(offset - 4))
    page.get_by_role("button", name="Newer").click()
    expect(rows.first.get_by_role("button")).to_have_text(str(offset - 3))


def test_only_the_last_of_several_searches_is_waited_for(console_page: ConsolePage) -> None:
    page = console_page.page
    rows = open_messages(console_page, "gps-fixes")
    ended: list[str] = []
    page.on("requestfailed", lambda request: ended.append(request.url))
    page.get_by_label("Text in any field").fill(f"{RUN} gone")
    page.evaluate("for (const _ of [1, 2, 3]) document.querySelector('form.inline').requestSubmit()")
    expect(rows).to_have_count(1)
    assert len(ended) == 2
    assert all("/messages?" in url for url in ended)


def test_new_messages_come_and_the_focus_stays(console_page: ConsolePage, endpoints: Endpoints) -> None:
    page = console_page.page
    rows = open_messages(console_page, "gps-fixes")
    page.get_by_label("New ones as they come").check()
    before = rows.first.get_by_role("button")
    name = before.get_attribute("aria-label")
    before.focus()
    page.get_by_label("Text in any field").evaluate("(field) => (field.value = 'half a wo')")
    producer = Producer(endpoints.producer.client_settings())
    producer.produce("gps-fixes", key=RUN[::-1], value=None, partition=0)
    assert producer.flush(30) == 0
    expect(rows.first).to_contain_text(RUN[::-1])
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == name


@pytest.mark.usefixtures("versions")
def test_versions_of_a_schema_are_compared(console_page: ConsolePage, screenshots: Path) -> None:
    page = console_page.page
    console_page.show("Topics")
    page.get_by_role("link", name="redis-sink-dead-letters").click()
    page.get_by_role("link", name="Schema").click()
    newest = page.get_by_role("region", name="Version 2")
    expect(newest.get_by_role("listitem")).to_have_text(
        ["changed id int → long", "removed old string", "added note null or string = null"]
    )
    expect(page.get_by_role("region", name="Version 1")).to_contain_text("The first.")
    console_page.take_pictures("topic-schema", screenshots)
