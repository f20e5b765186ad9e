"""The view Pipeline in a browser: counts move while a load runs, and what is broken is red until it is mended."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Locator, expect

from sluice.local.http_requests import request
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator
from tests.console.console_page import ConsolePage
from tests.pipeline.redis_sinks import Sink, produce, sink
from tests.run_sluice import Sluice

BROKEN = {"value.converter": "org.apache.kafka.connect.json.JsonConverter", "errors.tolerance": "none"}
# It reads all of the topic, in which other tests may have left records that no sink can use.
MENDED = {"value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter", "errors.tolerance": "all"}
OTHER_DATABASE = "3"
ROWS = 3000
expect.set_options(timeout=60_000)


def _node(console_page: ConsolePage, identity: str) -> Locator:
    return console_page.page.locator(f'[data-node="{identity}"]')


def _count(node: Locator, label: str) -> int:
    text = node.locator("dl > div", has_text=label).locator("dd").first.inner_text()
    return int(text.replace(",", ""))


def test_counts_move_while_a_load_runs(console_page: ConsolePage, sluice: Sluice, tmp_path: Path) -> None:
    console_page.show("Pipeline")
    topic, table = _node(console_page, "topic:gps-fixes"), _node(console_page, "store:myDB.gps_fixes")
    expect(topic.locator("dl > div", has_text="in").locator("dd").first).to_have_text("0/s")
    records, rows = _count(topic, "records"), _count(table, "rows")
    # Times that no other log has.
    first = 3_000_000_000_000_000 + int(uuid4().hex[:6], 16) * 1_000_000
    log = tmp_path / "log.csv"
    log.write_text("".join(f"{first + number},3,8,0.7,-1.46,270,0,0\n" for number in range(ROWS)))
    done = sluice("load", "gps", str(log))
    assert done.returncode == 0, done.stderr
    expect(topic).to_contain_text(f"{records + ROWS:,}")
    expect(topic).to_contain_text(re.compile(r"[1-9][0-9,]*/s"))
    expect(console_page.page.locator(".edge.moving").first).to_be_attached()
    expect(table).to_contain_text(f"{rows + ROWS:,}")


def test_a_broken_task_is_red_with_its_reason_until_it_is_mended(
    console_page: ConsolePage, admin: Administrator, endpoints: Endpoints, screenshots: Path
) -> None:
    with _image(endpoints), sink(endpoints, admin, _settings(BROKEN)) as broken:
        console_page.show("Pipeline")
        node = _node(console_page, f"connector:{broken.name}")
        expect(node).to_have_class(re.compile(r"\bbad\b"))
        expect(node).to_contain_text("FAILED")
        expect(node).to_contain_text("JsonParseException")
        expect(console_page.page.get_by_text("then restart it under Connectors")).to_be_visible()
        expect(console_page.page.get_by_text(f"Needs you: {broken.name}")).to_be_visible()
        expect(node.get_by_role("link")).to_have_attribute("href", f"#/connectors/{broken.name}")
        console_page.take_pictures("pipeline-failed", screenshots)
        _configure(broken, MENDED)
        expect(node).to_have_class(re.compile(r"\bok\b"))
        expect(node).not_to_contain_text("FAILED")
    admin.redis(database=int(OTHER_DATABASE)).flushdb()
    expect(node).to_have_count(0)
    console_page.take_pictures("pipeline", screenshots)


def _settings(changed: Mapping[str, str]) -> dict[str, str]:
    return {"topics": "images", "redis.database": OTHER_DATABASE, **changed}


@contextmanager
def _image(endpoints: Endpoints) -> Generator[None]:
    """Put into the topic what is no image, and delete it at the end."""
    key = f"console/{uuid4().hex}/1"
    produce(endpoints, "images", [(key, b"no JSON")])
    try:
        yield
    finally:
        produce(endpoints, "images", [(key, None)])


def _configure(one: Sink, changed: Mapping[str, str]) -> None:
    status, answer = request("PUT", one.connect, f"/connectors/{one.name}/config", {**one.config, **changed})
    assert status == HTTPStatus.OK, answer
