"""Work under way is stopped once, and waited for."""

from sluice.console.unfinished_work import UnfinishedWork


def test_work_is_stopped_and_waited_for() -> None:
    unfinished, stopped = UnfinishedWork(), list[str]()
    assert unfinished.wait(0)
    with unfinished.until_done(lambda: stopped.append("one")):
        assert not unfinished.wait(0)
        unfinished.stop()
        assert stopped == ["one"]
    assert unfinished.wait(0)


def test_what_begins_when_the_end_has_begun_is_stopped_at_once() -> None:
    unfinished, stopped = UnfinishedWork(), list[str]()
    unfinished.stop()
    with unfinished.until_done(lambda: stopped.append("late")):
        assert stopped == ["late"]
