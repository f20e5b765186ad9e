"""Tests of where the nodes of the picture stand."""

from sluice.console.picture_layout import place_nodes


def test_records_flow_from_left_to_right_in_the_row_of_their_topic() -> None:
    kinds = {
        "loads": "loads",
        "fixes": "topic",
        "images": "topic",
        "changes": "topic",
        "source": "source",
        "test": "table",
        "mysql": "sink",
        "redis": "sink",
        "rows": "store",
        "keys": "store",
        "bad": "letters",
        "registry": "registry",
    }
    edges = [
        ("loads", "fixes"),
        ("loads", "images"),
        ("test", "source"),
        ("source", "changes"),
        ("fixes", "mysql"),
        ("mysql", "rows"),
        ("mysql", "bad"),
        ("images", "redis"),
        ("redis", "keys"),
    ]
    assert place_nodes(kinds, edges) == {
        "loads": (0, 0),
        "fixes": (0, 2),
        "mysql": (0, 3),
        "rows": (0, 4),
        "bad": (0, 4),
        "images": (1, 2),
        "redis": (1, 3),
        "keys": (1, 4),
        "changes": (2, 2),
        "source": (2, 1),
        "test": (2, 0),
        "registry": (3, 2),
    }


def test_what_is_tied_to_no_topic_has_a_row_too() -> None:
    assert place_nodes({"source": "source", "test": "table"}, [("test", "source")]) == {
        "source": (0, 1),
        "test": (0, 0),
    }
    assert place_nodes({}, []) == {}
