"""Property test of the verdict on images: “proven” is true, now and after the waiting records.

What is true is computed a second time, from the files themselves and as simply as possible.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from producer.images.selection import Selection
from sluice.proof.images.redis_images import Value
from sluice.proof.images.verdict import judge_images
from sluice.proof.shared.proof_arguments import ProofOptions
from sluice.proof.shared.proof_verdict import Outcome, Verdict
from tests.unit.sluice.proof.images.fake_store import ALL as WHOLE
from tests.unit.sluice.proof.images.fake_store import SESSION, FakeStore, key, png, prove
from tests.unit.sluice.proof.shared.fake_sink import FAILED, PAUSED, FakeSink

GOOD, EMPTY, TEXT, LINK = "good", "empty", "text", "link"
CAMERAS, IMAGES = 2, 4
PRESENT = ProofOptions(wait_seconds=30)
NAMES = st.builds(key, st.integers(0, CAMERAS), st.integers(-2, 6))
PNG = {(camera, number): png(10 * camera + number) for camera in range(CAMERAS + 1) for number in range(-2, 7)}
BYTES = {key(*place): data for place, data in PNG.items()}
Store = dict[str, Value]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A folder, what Redis holds, and a pipeline."""

    files: dict[str, str]
    """Files by key: GOOD or what is wrong with the file."""
    store: Store
    waiting: tuple[tuple[bytes, bytes | None], ...] = ()
    problem: str | None = None
    selection: Selection = WHOLE
    options: ProofOptions = PRESENT

    @property
    def selected(self) -> set[str]:
        """Keys that are selected."""
        found: set[str] = set()
        for camera in range(CAMERAS):
            own = [name for name in sorted(self.files, key=_number) if f"/Cam{camera}/" in name]
            # A link is never an image, and --every does not count it.
            turns = [name for name in own if self.files[name] != LINK]
            found |= {*turns[:: self.selection.every], *(set(own) - set(turns))}
        cameras = self.selection.cameras
        return {name for name in found if cameras is None or name.split("/")[1] in cameras}

    @property
    def accepted(self) -> dict[str, bytes]:
        return {name: BYTES[name] for name in self.selected if self.files[name] == GOOD}

    @property
    def rejected(self) -> set[str]:
        return self.selected - self.accepted.keys()

    def is_extra_fault(self, name: str) -> bool:
        """True if this key, where it is none of the source, is a fault."""
        cameras = {other.rpartition("/")[0] for other in self.accepted}
        numbers = [_number(other) for other in self.accepted]
        left_out = {name for name in self.files if name not in self.selected and self.selection.cameras is None}
        strict = not (self.options.absent or self.options.allow_extra or left_out)
        return strict and name.rpartition("/")[0] in cameras and min(numbers) <= _number(name) <= max(numbers)

    def can_change(self, name: str) -> bool:
        return name in self.accepted or name in self.rejected or self.is_extra_fault(name)

    def is_proven(self, store: Store) -> bool:
        """True if Redis is as the proof shall show."""
        if not self.accepted or self.rejected & store.keys():
            return False
        if self.options.absent:
            return not self.accepted.keys() & store.keys()
        there = all(store.get(name) == data for name, data in self.accepted.items())
        return there and not any(self.is_extra_fault(name) for name in store.keys() - self.accepted.keys())


def _number(name: str) -> int:
    return int(name.rpartition("/")[2])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    kinds = st.sampled_from([GOOD, GOOD, GOOD, GOOD, EMPTY, TEXT, LINK])
    names = [key(camera, number) for camera in range(CAMERAS) for number in range(IMAGES)]
    files = {name: draw(kinds) for name in names}
    selection = draw(st.sampled_from([Selection(), Selection(cameras=frozenset({"Cam1"})), Selection(every=2)]))
    options = draw(st.builds(ProofOptions, absent=st.booleans(), allow_extra=st.booleans(), wait_seconds=st.just(30.0)))
    case = Case(files=files, store={}, selection=selection, options=options)
    store: Store = {} if options.absent else {**case.accepted}
    other = draw(NAMES | st.sampled_from(names))
    change = draw(st.sampled_from(["nothing", "missing", "different", "more"]))
    if change == "missing":
        store.pop(other, None)
    if change == "different" and other in store:
        store[other] = b"other bytes"
    if change == "more":
        store.setdefault(other, BYTES[other])
    records = st.tuples(NAMES, st.booleans()).map(lambda sent: (sent[0].encode(), BYTES[sent[0]] if sent[1] else None))
    waiting = tuple(draw(st.lists(records, max_size=2)))
    return replace(case, store=store, waiting=waiting, problem=draw(st.sampled_from([None, PAUSED, FAILED])))


def write(root: Path, files: dict[str, str]) -> Path:
    """Write the folder and return it."""
    for name, kind in files.items():
        camera, number = name.split("/")[1:]
        path = root / SESSION / "lb3" / camera / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == LINK:
            path.symlink_to("elsewhere")
        else:
            path.write_bytes({GOOD: BYTES[name], EMPTY: b"", TEXT: b"nothing"}[kind])
    return root / SESSION


def prove_case(case: Case) -> tuple[Verdict, FakeStore, FakeSink]:
    store = FakeStore(dict(case.store))
    sink = FakeSink(case.waiting, apply=store.apply, problem=case.problem, pace=1)
    with TemporaryDirectory() as folder:
        root = write(Path(folder), case.files)
        result = prove(root, store=store, sink=sink, selection=case.selection, options=case.options)
    return judge_images(options=case.options, result=result, dead_letters=0), store, sink


FILES = {key(0, number): GOOD for number in range(3)}
ALL: Store = {name: BYTES[name] for name in FILES}


@settings(max_examples=100, deadline=None)
@given(cases())
@example(Case(files={**FILES, key(0, 5): EMPTY}, store={**ALL, key(0, 5): b"x"}))
@example(Case(files={**FILES, key(1, 0): LINK}, store={**ALL, key(1, 0): b"x"}, selection=Selection(every=2)))
@example(Case(files={key(0, 0): EMPTY}, store={key(0, 0): b"x"}))
@example(Case(files=FILES, store=ALL, waiting=((key(0, 1).encode(), None),), problem=PAUSED))
@example(Case(files=FILES, store=ALL, waiting=((f"{key(0, 1)[:-1]}9".encode(), b"x"),), problem=FAILED))
@example(
    Case(
        files=FILES, store={}, waiting=((key(0, 1).encode(), b"x"),), options=ProofOptions(absent=True, wait_seconds=0)
    )
)
def test_proven_is_true_now_and_after_the_waiting_records(case: Case):
    verdict, store, sink = prove_case(case)
    if verdict.ok:
        for records in sink.beginnings():
            then = FakeStore(dict(store.content))
            for record in records:
                then.apply(*record)
            assert case.is_proven(then.content)


@settings(max_examples=100, deadline=None)
@given(cases())
@example(Case(files=FILES, store=ALL, waiting=((key(1, 1).encode(), None),), problem=PAUSED))
@example(Case(files=FILES, store={}, waiting=tuple((name.encode(), BYTES[name]) for name in FILES)))
def test_not_proven_is_true_if_no_record_can_change_it(case: Case):
    verdict, store, sink = prove_case(case)
    can_change = any(case.can_change(name.decode()) for name, _ in [*sink.beginnings()][-1])
    if not can_change and (case.problem is not None or case.options.wait_seconds):
        assert verdict.ok is case.is_proven(store.content)
    if can_change and not verdict.ok and case.accepted:
        assert verdict.outcome in (Outcome.NOT_CAUGHT_UP, Outcome.SINK_FAILED)
