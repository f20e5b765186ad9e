"""Tests of rates."""

from sluice.console.rate_meter import RateMeter


def test_a_rate_needs_two_samples() -> None:
    meter = RateMeter()
    assert meter.rate("topic") is None
    assert meter.note("topic", 100, at=1) is None
    assert meter.rate("topic") is None
    assert meter.note("topic", 300, at=3) == 100
    assert meter.rate("topic") == 100


def test_a_rate_is_of_the_last_seconds_and_falls_to_zero() -> None:
    meter = RateMeter(span=6)
    for at in range(0, 20, 2):
        meter.note("topic", min(at, 10) * 1000, at=at)
    assert meter.rate("topic") == 0
    meter.note("topic", 10_600, at=20)
    assert meter.rate("topic") == 100


def test_the_same_reading_is_one_sample() -> None:
    meter = RateMeter()
    meter.note("table", 10, at=1)
    meter.note("table", 10, at=1)
    assert meter.rate("table") is None


def test_a_count_that_is_seldom_made_has_a_rate() -> None:
    meter = RateMeter(span=6)
    meter.note("table", 0, at=0, seldom=True)
    assert meter.note("table", 5000, at=50, seldom=True) == 100


def test_what_was_written_while_nobody_looked_is_not_the_rate_of_now() -> None:
    meter = RateMeter(span=6)
    for at, count in ((0, 0), (2, 0), (3600, 1_000_000)):
        rate = meter.note("topic", count, at=at)
    assert rate is None
    assert meter.note("topic", 1_000_000, at=3602) == 0


def test_a_topic_that_was_made_anew_has_no_negative_rate_but_a_table_has() -> None:
    meter = RateMeter()
    for counter, grows in (("topic", True), ("table", False)):
        meter.note(counter, 1000, at=0, grows=grows)
        meter.note(counter, 0, at=2, grows=grows)
    assert meter.rate("topic") is None
    assert meter.rate("table") == -500


def test_samples_do_not_pile_up() -> None:
    meter = RateMeter(span=6)
    for at in range(10_000):
        meter.note("topic", at, at=at)
    assert len(meter._samples["topic"]) <= 8  # pyright: ignore[reportPrivateUsage]
