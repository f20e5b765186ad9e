import pytest

from sluice.proof.shared.html_page import format_share


@pytest.mark.parametrize(
    ("part", "whole", "text"), [(0, 0, "0 %"), (0, 9, "0 %"), (9, 9, "100 %"), (1, 10**6, "0.01 %"), (1, 3, "33.33 %")]
)
def test_a_share_is_never_rounded_to_all_or_nothing(part: int, whole: int, text: str):
    assert format_share(part, whole) == text
    assert format_share(999_999, 10**6) == "99.99 %"
