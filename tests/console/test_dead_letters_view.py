"""The view Dead letters: a bad record comes up with its reason, is shown whole, and is sent again, once."""

from pathlib import Path
from uuid import uuid4

from confluent_kafka import Producer
from playwright.sync_api import expect

from sluice.view.endpoints import Endpoints
from tests.console.console_page import ConsolePage

SCRIPT = "<script>document.title = 'broken'</script>"


def test_a_bad_record_is_shown_with_its_reason_and_sent_again(
    console_page: ConsolePage, endpoints: Endpoints, screenshots: Path
) -> None:
    page, mark = console_page.page, uuid4().hex[:12]
    console_page.show("Dead letters")
    producer = Producer(endpoints.producer.client_settings())
    # U+202E turns the direction of the text that follows.
    producer.produce(
        "gps-fixes", key=f"{mark} \u202e{SCRIPT}", value=b"\x1b no avro", headers=[(SCRIPT, SCRIPT.encode())]
    )
    assert producer.flush(30) == 0
    letters = page.get_by_role("region", name="Letters").get_by_role("listitem").filter(has_text=mark)
    expect(letters).to_have_count(1)
    reasons = page.get_by_role("region", name="Reasons").get_by_role("listitem")
    expect(reasons.filter(has_text="not a number").first).to_be_visible()
    expect(letters).to_contain_text(f"{mark} \\u202e{SCRIPT}")
    assert "\u202e" not in page.locator("body").inner_text()
    console_page.take_pictures("dead-letters", screenshots)

    letters.get_by_role("link").click()
    expect(page.get_by_role("definition").filter(has_text=mark)).to_have_text(f"{mark} \\u202e{SCRIPT}")
    expect(page.get_by_role("region", name="Value")).to_contain_text("1b 20 6e 6f 20 61 76 72 6f")
    expect(page.get_by_role("region", name="Headers").get_by_role("cell")).to_have_text([SCRIPT, SCRIPT])
    page.get_by_text("Stack trace").click()
    expect(page.get_by_role("region", name="Stack trace")).to_contain_text("at sluice.mysql")
    console_page.take_pictures("dead-letter", screenshots)

    page.get_by_role("button", name="Send again").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Send 1 dead letter again: 1 to gps-fixes?")
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("main").get_by_role("button", name="Send again").click()
    dialog.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("1 of 1 dead letter sent again: 1 to gps-fixes.")).to_be_visible()
    expect(page.get_by_text("sent again", exact=True)).to_be_visible()

    page.get_by_role("link", name="Dead letters of mysql-sink").click()
    expect(letters).to_have_count(2)  # the cause is still there
    expect(letters.get_by_text("sent again")).to_have_count(1)
    assert page.title() == "Dead letters · Sluice"


def test_all_of_a_reason_are_sent_again(console_page: ConsolePage, endpoints: Endpoints) -> None:
    page = console_page.page
    producer = Producer(endpoints.producer.client_settings())
    for _ in range(2):
        producer.produce("images", key=None, value=b"without a key")
    assert producer.flush(30) == 0
    console_page.show("Dead letters")
    page.get_by_role("link", name="redis-sink").click()
    reasons = page.get_by_role("region", name="Reasons").get_by_role("listitem")
    reason = reasons.filter(has_text="no key").filter(has_text="redis-sink ·")  # not of another test's connector
    reason.get_by_role("button", name="Show only these").click()
    expect(page.get_by_role("heading", name="The newest, of one reason")).to_be_visible()
    reason.get_by_role("button", name="Send again").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("to images?")
    dialog.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("sent again: ")).to_be_visible()
    expect(page.get_by_role("region", name="Letters").get_by_text("sent again").first).to_be_visible()


def test_what_is_read_stays_as_it_is_when_letters_come(console_page: ConsolePage, endpoints: Endpoints) -> None:
    page, marks = console_page.page, [uuid4().hex[:12] for _ in range(2)]
    producer = Producer(endpoints.producer.client_settings())
    console_page.show("Dead letters")
    letters = page.get_by_role("region", name="Letters").get_by_role("listitem")
    for mark in marks:
        producer.produce("gps-fixes", key=mark, value=b"no avro")
        assert producer.flush(30) == 0
        expect(letters.filter(has_text=mark)).to_have_count(1)
        if mark == marks[0]:
            letters.filter(has_text=mark).get_by_role("link").focus()
            page.evaluate("getSelection().selectAllChildren(document.activeElement.closest('li'))")
    assert marks[0] in page.evaluate("getSelection().toString()")
    assert marks[0] in page.evaluate("document.activeElement.closest('li').textContent")
