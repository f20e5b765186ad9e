"""The view Connectors: pause and resume by keyboard only; a broken task turns red, and is restarted."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sluice.local.http_requests import request
from tests.administrator import Administrator, run
from tests.console.console_page import ConsolePage
from tests.pipeline.mysql_sinks import json_value, mysql_sink, new_table

COLUMNS = "id BIGINT PRIMARY KEY, name VARCHAR(9)"
SINK = "redis-sink"


@pytest.mark.local_only("Strimzi's operator runs a connector again that its resource does not pause")
def test_a_sink_is_paused_and_resumed_by_keyboard(console_page: ConsolePage, admin: Administrator) -> None:
    page, keyboard = console_page.page, console_page.page.keyboard
    console_page.show("Connectors")
    card = page.get_by_role("article", name=SINK)
    try:
        card.get_by_role("button", name="Pause").focus()
        keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_contain_text(f"Pause {SINK}? Its tasks stop until it is resumed")
        keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(card.get_by_role("button", name="Pause")).to_be_focused()
        _press_and_agree(page, "Pause")
        expect(page.get_by_role("status").filter(has_text=SINK)).to_have_text(f"{SINK} is paused.")
        expect(card.get_by_text("task 1 paused")).to_be_visible()
        expect(card.get_by_role("button", name="Resume")).to_be_focused()
        _press_and_agree(page, "Resume")
        expect(page.get_by_role("status").filter(has_text=SINK)).to_have_text(f"{SINK} runs again.")
    finally:
        request("PUT", admin.endpoints.connect[0], f"/connectors/{SINK}/resume")


def _press_and_agree(page: Page, action: str) -> None:
    """Press the button that has the focus, and the one of this name in the question that follows."""
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("dialog").get_by_role("button", name=action)).to_be_focused()
    page.keyboard.press("Enter")


def test_a_connector_shows_offsets_and_settings(console_page: ConsolePage, screenshots: Path) -> None:
    page = console_page.page
    console_page.show("Connectors")
    page.get_by_role("link", name="mysql-source").click()
    expect(page.get_by_role("region", name="Offsets")).to_contain_text('"file": "')
    page.get_by_role("link", name="All connectors").click()
    page.get_by_role("link", name="mysql-sink", exact=True).click()
    expect(page.get_by_role("region", name="Offsets").get_by_role("row")).to_have_count(5)
    settings = page.get_by_role("region", name="Configuration")
    expect(settings.get_by_role("row", name="connection.password")).to_contain_text("${env:MYSQL_PASSWORD}")
    console_page.take_pictures("connector", screenshots)


def test_a_broken_task_is_red_and_runs_again_after_a_restart(
    console_page: ConsolePage, admin: Administrator, screenshots: Path
) -> None:
    page = console_page.page
    console_page.show("Connectors")
    with new_table(admin, COLUMNS) as table, mysql_sink(admin, table, {"retry.timeout.ms": "300"}) as sink:
        with admin.mysql() as connection:
            run(connection, f"RENAME TABLE myDB.{table} TO myDB.{table}_x")
            sink.produce(("1", json_value({"name": "string"}, name="good")))
            page.get_by_role("article", name=sink.name).get_by_text("Task 0 failed", exact=True).wait_for()
            console_page.take_pictures("connectors", screenshots)
            page.get_by_role("link", name=sink.name).click()
            expect(page.get_by_role("paragraph").filter(has_text="Caused by:")).to_contain_text(table)
            expect(page.get_by_role("paragraph").filter(has_text="What to do:")).to_contain_text("A table is missing")
            row = page.get_by_role("row", name="consumer.override.sasl.jaas.config")
            expect(row).to_contain_text("(hidden)")
            assert admin.kafka.password not in page.content()
            run(connection, f"RENAME TABLE myDB.{table}_x TO myDB.{table}")
        page.get_by_role("button", name="Restart failed tasks").click()
        expect(page.get_by_role("dialog")).to_contain_text(f"Restart what has failed of {sink.name} (task 0)?")
        page.get_by_role("dialog").get_by_role("button", name="Restart").click()
        expect(page.get_by_role("status").filter(has_text=sink.name)).to_have_text(f"{sink.name} is being restarted …")
        expect(page.get_by_role("region", name="Tasks")).not_to_contain_text("FAILED")
        sink.wait_for_rows([(1, "good")])
