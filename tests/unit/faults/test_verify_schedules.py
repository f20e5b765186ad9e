"""The checks after a schedule find each kind of loss, also beside uncertain loads and repeated changes."""

from dataclasses import replace

import pytest

from tests.faults.schedules.expected_state import ExpectedState
from tests.faults.schedules.findings import Finding
from tests.faults.schedules.verify import (
    BadRecord,
    Change,
    Letter,
    SentChange,
    verify_changes,
    verify_letters,
    verify_store,
)

CHANGES = [
    Change(row=1, before=None, after=10),
    Change(row=2, before=None, after=11),
    Change(row=1, before=10, after=12),
    Change(row=2, before=11, after=None),
    Change(row=2, before=None, after=13),
]
BAD = BadRecord(topic="gps-fixes", partition=1, offset=7, name="no key", reason="no key")
LETTER = Letter(place=BAD.place, reason="the record has no key")


def state() -> ExpectedState[int, str]:
    expected = ExpectedState[int, str]()
    expected.loaded({1: "a", 2: "b", 3: "c"})
    expected.loaded({3: None})
    expected.killed({2: "B", 4: "d"})
    return expected


def kinds(findings: list[Finding]) -> list[str]:
    return [found.what for found in findings]


def sent(changes: list[Change]) -> list[SentChange]:
    """Return the records of these changes, each delete with its tombstone, at the positions of the binary log."""
    records: list[SentChange] = []
    for change in changes:
        place = (1, CHANGES.index(change), 0) if change in CHANGES else (1, 0, 0)
        records.append(SentChange(row=change.row, change=change, position=place))
        if change.after is None:
            records.append(SentChange(row=change.row, change=None, position=(0, 0, 0)))
    return records


@pytest.mark.parametrize("two", ["b", "B"])
@pytest.mark.parametrize("four", [[], [(4, "d")]])
def test_what_a_killed_load_had_not_acknowledged_may_be_there_or_not(two: str, four: list[tuple[int, str]]) -> None:
    expected = state()
    actual = [(1, "a"), (2, two), *four]
    assert verify_store("row", expected, actual) == []
    assert expected.uncertain == 2
    assert expected.resolve(dict(actual)) == dict(actual)


def test_a_load_that_is_started_again_makes_it_certain() -> None:
    expected = state()
    expected.loaded({2: "B", 4: "d"})
    assert expected.uncertain == 0
    assert kinds(verify_store("row", expected, [(1, "a"), (2, "b")])) == ["rows lost", "rows wrong"]


@pytest.mark.parametrize(
    ("actual", "found"),
    [
        ([(2, "b")], "rows lost"),
        ([(1, "x"), (2, "b")], "rows wrong"),
        ([(1, "a"), (2, "x")], "rows wrong"),
        ([(1, "a")], "rows lost"),
        ([(1, "a"), (2, "b"), (3, "c")], "rows still there after their tombstone"),
        ([(1, "a"), (2, "b"), (9, "z")], "rows that no load wrote"),
        ([(1, "a"), (2, "b"), (2, "b")], "rows doubled"),
    ],
)
def test_a_wrong_store_is_found(actual: list[tuple[int, str]], found: str) -> None:
    expected = state()
    assert kinds(verify_store("row", expected, actual)) == [found]
    assert expected.resolve(dict(actual)) != dict(actual) or found == "rows doubled"
    expected.settle(dict(actual))
    assert verify_store("row", expected, list(dict(actual).items())) == [], "reported once"


def test_all_changes_in_order_are_right() -> None:
    findings, repeats = verify_changes(CHANGES, sent(CHANGES), returns=0)
    assert findings == []
    assert repeats.numbers == ()


def test_changes_that_the_source_sends_again_are_counted_and_allowed_after_a_fault() -> None:
    again = sent([*CHANGES[:4], *CHANGES[2:]])
    findings, repeats = verify_changes(CHANGES, again, returns=1)
    assert findings == []
    assert (repeats.times, repeats.numbers) == (1, (2, 3))
    assert kinds(verify_changes(CHANGES, again, returns=0)[0]) == ["changes doubled"]


def test_changes_of_an_earlier_schedule_may_be_sent_again_and_need_not() -> None:
    again = sent(CHANGES)
    assert verify_changes(CHANGES[2:], again, earlier=CHANGES[:2], returns=1)[0] == []
    assert verify_changes(CHANGES[2:], again[2:], earlier=CHANGES[:2], returns=0)[0] == []
    assert kinds(verify_changes(CHANGES[2:], again, earlier=CHANGES[:2], returns=0)[0]) == ["changes doubled"]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([*CHANGES[:2], *CHANGES[3:]], ["changes lost"]),
        ([*CHANGES[:3], CHANGES[2], *CHANGES[3:]], ["changes doubled"]),
        ([*CHANGES, CHANGES[0]], ["changes doubled"]),
        ([*CHANGES, Change(row=9, before=None, after=99)], ["changes that the table has not seen"]),
        (
            [CHANGES[0], CHANGES[2], CHANGES[1], *CHANGES[3:]],
            ["changes in another order than in the table", "changes in another order than in the binary log"],
        ),
    ],
)
def test_wrong_changes_are_found(changes: list[Change], found: list[str]) -> None:
    assert [what for what in kinds(verify_changes(CHANGES, sent(changes), returns=0)[0]) if what in found] == found


def test_a_delete_without_a_tombstone_is_found() -> None:
    records = [record for record in sent(CHANGES) if record.change]
    assert kinds(verify_changes(CHANGES, records, returns=0)[0]) == ["deletes without a tombstone"]
    assert kinds(verify_changes(CHANGES[:4], records[:4], returns=0)[0]) == ["deletes without a tombstone"]


def test_every_bad_record_needs_its_letter_and_may_have_two() -> None:
    assert verify_letters([BAD], [LETTER]) == ([], 0)
    assert verify_letters([BAD], [LETTER, LETTER]) == ([], 1)
    assert kinds(verify_letters([BAD], [])[0]) == ["refused records without a dead letter"]
    other = replace(LETTER, reason="the database was away")
    assert kinds(verify_letters([BAD], [other])[0]) == ["dead letters with another reason"]
    good = replace(LETTER, place=("gps-fixes", 0, 3))
    assert kinds(verify_letters([BAD], [LETTER, good])[0]) == ["good records refused"]
    assert verify_letters([BAD], [LETTER, good], unsure=True)[0] == []
