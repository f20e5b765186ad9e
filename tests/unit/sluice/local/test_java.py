"""Java properties files."""

from sluice.local.java import format_properties


def test_properties_are_escaped() -> None:
    assert format_properties({"a": "C:\\x", "b": "1\n2"}) == "a=C:\\\\x\nb=1\\n2\n"
