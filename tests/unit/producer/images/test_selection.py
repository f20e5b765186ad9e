import argparse
from typing import Any

import pytest

from producer.images.selection import DEFAULT_MAX_BYTES, Selection, SelectionFilter
from producer.images.selection_arguments import add_selection_arguments, read_selection


def parse(*arguments: str) -> Selection:
    parser = argparse.ArgumentParser()
    add_selection_arguments(parser)
    return read_selection(parser.parse_args(arguments))


def test_the_default_is_all_images_up_to_400_mb() -> None:
    assert parse() == Selection(cameras=None, every=1, limit=None, max_bytes=DEFAULT_MAX_BYTES)
    assert parse("--max-bytes", "all").max_bytes is None


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500MB", 500_000_000), ("2GiB", 2 << 30), ("1000", 1_000), ("7B", 7), ("1.5k", 1_500), ("3 mb", 3_000_000),
        ("1Ki", 1_024), ("1T", 10**12),
    ],
)  # fmt: skip
def test_sizes_have_units(text: str, size: int) -> None:
    assert parse("--max-bytes", text).max_bytes == size


def test_cameras_are_named_or_numbered_repeated_or_listed() -> None:
    assert parse("--camera", "Cam0", "--camera", "1,cam5").cameras == {"Cam0", "Cam1", "Cam5"}


@pytest.mark.parametrize(
    "wrong",
    [
        ["--camera", "Cam6"], ["--camera", ""], ["--every", "0"], ["--limit", "-1"], ["--limit", "²"],
        ["--max-bytes", "0"], ["--max-bytes", "-1"], ["--max-bytes", "5 apples"], ["--max-bytes", "MB"],
    ],
)  # fmt: skip
def test_invalid_values_are_usage_errors(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(*wrong)
    assert wrong[0] in capsys.readouterr().err


def chosen(sizes: list[int], **options: Any) -> tuple[list[int], dict[str, tuple[int, int]]]:
    """Which of some files of one camera are chosen, by number, and what each option left out."""
    selection_filter = SelectionFilter(Selection(**options))
    numbers = [
        number
        for number, size in enumerate(sizes)
        if selection_filter.take_nth("s", "c", size) and selection_filter.take_size(size)
    ]
    return numbers, {name: (t.files, t.size) for name, t in selection_filter.left_out.tallies().items() if t.files}


def test_every_nth_begins_with_the_first() -> None:
    assert chosen([10] * 7, every=3) == ([0, 3, 6], {"every": (4, 40)})


def test_every_camera_is_counted_by_itself() -> None:
    selection_filter = SelectionFilter(Selection(every=2))
    assert [selection_filter.take_nth("s", camera, 1) for camera in "aabba"] == [True, False, True, False, True]


def test_a_limit_holds_for_chosen_files() -> None:
    assert chosen([10] * 7, every=2, limit=3) == ([0, 2, 4], {"every": (3, 30), "limit": (1, 10)})


def test_max_bytes_is_never_exceeded_and_no_smaller_file_follows() -> None:
    assert chosen([40, 40, 30, 10], max_bytes=100) == ([0, 1], {"max-bytes": (2, 40)})
    assert chosen([50, 50], max_bytes=100) == ([0, 1], {})


def test_files_are_counted_under_the_limit_reached_first() -> None:
    assert chosen([10, 10, 100], limit=2, max_bytes=50) == ([0, 1], {"limit": (1, 100)})
    assert chosen([10, 100, 10, 10], limit=2, max_bytes=50) == ([0], {"max-bytes": (3, 120)})
