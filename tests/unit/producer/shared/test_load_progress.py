import io

from producer.runtime.terminal import Console
from producer.shared.load_progress import LoadProgress


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def shown(*, terminal: bool, size: int | None, note: str | None = None) -> str:
    """What two updates show, 5 and 10 s after the beginning, and one in between."""
    out, clock = io.StringIO(), Clock()
    console = Console(file=out, force_terminal=terminal, width=160, color_system=None)
    with LoadProgress(console, name="gps.csv", size=size, clock=clock) as progress:
        for clock.now, rows in ((5.0, 1_000), (5.05, 1_100), (10.0, 4_000)):
            progress.update(amount=rows, position=rows * 100, note=note)
    return out.getvalue()


def test_without_a_terminal_it_prints_a_line_every_5_seconds() -> None:
    assert shown(terminal=False, size=800_000) == (
        "gps.csv: 1,000 rows, 200/s, 100.0 kB of 800.0 kB, 35 s left\n"
        "gps.csv: 4,000 rows, 400/s, 400.0 kB of 800.0 kB, 10 s left\n"
    )


def test_without_a_size_no_remaining_time_is_shown() -> None:
    assert shown(terminal=False, size=None).splitlines()[-1] == "gps.csv: 4,000 rows, 400/s, 400.0 kB"


def test_the_note_is_shown() -> None:
    assert "— waiting for Kafka: refused" in shown(terminal=False, size=None, note="waiting for Kafka: refused")


def test_a_terminal_has_a_bar() -> None:
    bar = shown(terminal=True, size=800_000)
    assert "4,000 rows, 400/s, 400.0 kB of 800.0 kB" in bar
    assert "━" in bar
