"""View Data: what arrives while the page is open is seen."""

import re
from collections.abc import Generator
from pathlib import Path

import pytest
from PIL import Image

from tests.administrator import Administrator, run
from tests.console.console_page import ConsolePage
from tests.run_sluice import Sluice

# Later than all other rows: the table's newest, and of a session that no other test uses.
START = 4_070_908_800_000_000
LATITUDE, LONGITUDE = 0.7381, -1.461
SESSION = "2099-01-01"


@pytest.fixture
def log(tmp_path: Path, sluice: Sluice) -> Generator[Path]:
    """A log of 300 fixes, every third without an altitude; its rows are removed afterwards."""
    path = tmp_path / "gps.csv"
    path.write_text(
        "".join(
            f"{START + n * 200_000},3,0,{LATITUDE + n * 1e-7!r},{LONGITUDE + n * n * 1e-9!r},"
            f"{'nan' if n % 3 == 0 else 260 + n / 100},11.3,0.5\n"
            for n in range(300)
        ),
        encoding="utf-8",
    )
    yield path
    assert sluice("load", "gps", str(path), "--tombstones").returncode == 0


@pytest.fixture
def image(tmp_path: Path, sluice: Sluice) -> Generator[str]:
    """Key of an image in the folder `images`, which is removed from Redis afterwards."""
    folder = tmp_path / "images" / SESSION / "lb3/Cam1"
    folder.mkdir(parents=True)
    Image.new("RGB", (320, 240), (30, 120, 200)).save(folder / f"{START}.png")
    yield f"{SESSION}/Cam1/{START}"
    assert sluice("load", "images", str(tmp_path / "images"), "--tombstones").returncode == 0


@pytest.fixture
def row(admin: Administrator) -> Generator[int]:
    """Key of a row of the watched table, which is new."""
    with admin.mysql() as connection:
        yield run(connection, "INSERT INTO myDB.test (utime, fix_mode, satellites) VALUES (1, 2, 0)")
        run(connection, "DELETE FROM myDB.test WHERE id > 1")


def test_fixes_and_rows_of_a_load_are_seen(
    console_page: ConsolePage, log: Path, sluice: Sluice, screenshots: Path
) -> None:
    console_page.show("Data")
    page = console_page.page
    page.get_by_role("table").or_(page.get_by_text("has no row yet")).wait_for()
    assert sluice("load", "gps", str(log)).returncode == 0
    last = START + 299 * 200_000
    page.get_by_role("cell", name=str(last), exact=True).wait_for()
    page.get_by_text("2099-01-01 00:00:59.800").first.wait_for()
    page.get_by_role("img", name="Map of").wait_for()
    # A sample of what came at once; the map may be there already, with the fixes of other tests.
    page.wait_for_function(
        "[...document.querySelectorAll('path.dots')]"
        ".reduce((sum, dots) => sum + dots.getAttribute('d').split('M').length - 1, 0) >= 100"
    )
    page.get_by_label("Colour by").select_option("time")
    page.get_by_text("Time, UTC:").wait_for()
    console_page.take_pictures("data", screenshots)


def test_an_image_is_seen_and_shown_alone(
    console_page: ConsolePage, image: str, tmp_path: Path, sluice: Sluice, screenshots: Path
) -> None:
    console_page.show("Data")
    page = console_page.page
    page.get_by_role("heading", name="Newest images").wait_for()
    assert sluice("load", "images", str(tmp_path / "images")).returncode == 0
    thumbnail = page.get_by_title(image)
    thumbnail.locator("img").wait_for()
    thumbnail.click()
    dialog = page.get_by_role("dialog", name="Image")
    dialog.get_by_text("PNG 320×240").wait_for()
    alone = dialog.get_by_role("img", name=f"Image {image}")
    alone.wait_for()
    page.wait_for_function("(picture) => picture.naturalWidth === 320", arg=alone.element_handle())
    console_page.take_pictures("data-image", screenshots)
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")


def test_changes_of_the_watched_table_are_seen(console_page: ConsolePage, row: int, admin: Administrator) -> None:
    console_page.show("Data")
    page = console_page.page
    changes = page.get_by_role("listitem").filter(has=page.get_by_text(str(row), exact=True))
    changes.filter(has_text="insert").first.wait_for()
    with admin.mysql() as connection:
        run(connection, "UPDATE myDB.test SET altitude = 271.3 WHERE id = %s", row)
        changes.filter(has_text="update").get_by_text("271.3").wait_for()
        assert changes.filter(has_text="update").locator("del").first.text_content() == "null"
        run(connection, "DELETE FROM myDB.test WHERE id = %s", row)
    changes.filter(has_text="delete").wait_for()


MAPS = {
    "one": [[42.29, -83.7, 260.5, 1.0]],
    "one place": [[42.29, -83.7, None, None]] * 50,
    "date line": [[-17.0, 179.9 + n / 100 if n < 10 else -179.9 + (n - 10) / 100, n, n] for n in range(20)],
    "pole": [[90.0, n * 18.0, n, n] for n in range(20)],
    "around a pole": [[-89.9999, n * 18.0 - 180, n, n] for n in range(20)],
    "the world": [[n * 9.0 - 90, n * 18.0 - 180, n, n] for n in range(21)],
    "huge values": [[0.0, 0.0, -1.7e308, 0.0], [0.0, 1e-7, 1.7e308, 1e12]],
    "turned around": [[10.0, 359.9, 1.0, 1.0], [10.0, -0.1, 1.0, 1.0]],
}
DRAW = """async ([points, width]) => {
    const { drawMap, colorScale } = await import("/static/data_map.js");
    const maps = ["altitude", "time"].map((by) => drawMap(points, { width, height: 440, by }));
    return maps.map((map) => map.outerHTML);
}"""


@pytest.mark.parametrize("width", [280, 800])
def test_the_map_draws_fixes_anywhere(console_page: ConsolePage, width: int) -> None:
    for name, points in MAPS.items():
        for drawn in console_page.page.evaluate(DRAW, [points, width]):
            assert "NaN" not in drawn, name
            assert "Infinity" not in drawn, name
            dots = re.findall(r"M(-?[\d.]+) (-?[\d.]+)h0", drawn)
            assert len(dots) == len(points), name
            assert all(0 <= float(x) <= width - 112 and 0 <= float(y) <= 380 for x, y in dots), (name, dots)
            assert drawn.count('class="tick"') in range(2, 30), name
    bars = [
        re.findall(r">([\d,]+ k?m)</text>", drawn)
        for drawn in console_page.page.evaluate(DRAW, [MAPS["date line"], width])
    ]
    assert all(bar in (["5 km"], ["10 km"]) for bar in bars), "it is not drawn the long way around the world"


def test_a_few_fixes_far_away_do_not_hide_the_others(console_page: ConsolePage) -> None:
    near = """async (points) => (await import("/static/data_map.js")).near(points).length"""
    here = [[42.29 + n / 10_000, -83.7, 1.0, n] for n in range(97)]
    assert console_page.page.evaluate(near, [[0.0, 0.0, 1.0, 1.0], [42.29, 170.0, 1.0, 1.0], *here]) == 97
    assert console_page.page.evaluate(near, [*here, [0.0, 0.0, 1.0, 1.0]]) == 98  # the newest is always shown
    there = [[51.5, -0.1, 1.0, n] for n in range(40)]
    assert console_page.page.evaluate(near, [*here, *there]) == 137
    assert [console_page.page.evaluate(near, points) for points in MAPS.values()] == [*map(len, MAPS.values())]
