"""Dead letters as a page shows them: how many, for which reasons, a page of the newest, one of them whole.

What is read is bounded, however many there are.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from producer.runtime.exit_status import Exit, SluiceError
from sluice.dead_letters.dead_letter import DeadLetter, LetterGroup, group_identity
from sluice.dead_letters.letter_clients import LetterClients
from sluice.dead_letters.letter_details import TOMBSTONE, decoded_text, undecoded_text
from sluice.dead_letters.letter_reader import LetterFilter
from sluice.dead_letters.listing import Listing, make_listing
from sluice.dead_letters.newest_letters import MOST_AT_ONCE, At, Budget, NewestLetters, Spans
from sluice.stack_trace import innermost_cause
from sluice.view.pipeline_status import DEAD_LETTERS_SUFFIX
from sluice.view.record_decoder import Decoder

LOOKED_AT = 10_000
"""Letters of which the reasons are counted, the newest of all."""
_PAGE_LOOKED_AT = 5_000
"""Letters read to find those of a page with one reason."""
_MOST_GROUPS = 50
SHARE = 20
"""A summary is made again after so many times the time that it took: it costs at most a twentieth of a core."""
_STALE_SECONDS = 60.0
"""Age of a summary at which it is made again although no letter has come: some may have been sent."""
_MAX_TEXT = 2_000
_MAX_VALUE = 64 << 10


class LetterSummary:
    """Counts the dead letters by reason again and again, as far as something has changed."""

    def __init__(self, *, share: int = SHARE, clock: Callable[[], float] = time.monotonic) -> None:
        self._share = share
        self._clock = clock
        self._made: dict[str, Any] = {}
        self._made_of: Spans = {}
        self._made_at = self._not_before = float("-inf")
        self._forgotten = False

    def forget(self) -> None:
        """Make it again the next time: letters were sent."""
        self._forgotten = True

    @property
    def is_due(self) -> bool:
        """Whether enough time has passed since it was made."""
        return self._forgotten or self._clock() >= self._not_before

    def read(self, clients: LetterClients) -> dict[str, Any]:
        """Return the summary as JSON types; raises SluiceError or UnavailableError if Kafka does not answer."""
        spans = clients.spans(LetterFilter())
        topics = tuple(dict.fromkeys(topic for topic, _ in spans))
        now = self._clock()
        changed = self._forgotten or spans != self._made_of or now - self._made_at > _STALE_SECONDS
        if changed and self.is_due:
            # Before it is made: it is made again if that fails, or if letters are sent meanwhile.
            self._forgotten, self._made_of = False, {}
            try:
                self._made = _reasons(clients, topics, spans)
                self._made_of, self._made_at = spans, self._clock()
            finally:
                ended = self._clock()
                self._not_before = ended + (ended - now) * self._share
        return {**_counts(topics, spans), **self._made}


def _reasons(clients: LetterClients, topics: tuple[str, ...], spans: Spans) -> dict[str, Any]:
    newest = NewestLetters(clients.read_chunk, spans, budget=Budget(letters=LOOKED_AT))
    group_topics: dict[LetterGroup, set[str]] = defaultdict(set)

    def letters() -> Iterator[DeadLetter]:
        for letter in newest:
            group_topics[letter.group].add(letter.topic)
            yield letter

    clients.sent_letters.refresh()
    listing = make_listing(letters(), topics=topics, sent_letters=clients.sent_letters, limit=0)
    return reasons_object(listing, group_topics)


def _counts(topics: Iterable[str], spans: Spans) -> dict[str, Any]:
    counts = {topic: sum(end - begin for (name, _), (begin, end) in spans.items() if name == topic) for topic in topics}
    return {
        "letters": sum(counts.values()),
        "topics": [
            {"topic": topic, "connector": topic.removesuffix(DEAD_LETTERS_SUFFIX), "letters": count}
            for topic, count in counts.items()
        ],
    }


def reasons_object(listing: Listing, topics: Mapping[LetterGroup, Collection[str]]) -> dict[str, Any]:
    """Return the groups of a listing as JSON types; `topics` holds the topics of dead letters of each."""
    return {
        "looked_at": listing.total,
        "sent_again": listing.sent_again,
        "reasons": [
            {
                "group": group_identity(key),
                "connector": key[0],
                "topics": sorted(topics.get(key, ())),
                "step": key[1],
                "reason": _cut(key[2] if len(group.reasons) > 1 else group.example),
                "count": group.count,
                "sent_again": group.sent,
                "oldest": group.oldest,
                "newest": group.newest,
            }
            for key, group in list(listing.groups.items())[:_MOST_GROUPS]
        ],
        "more_reasons": max(0, len(listing.groups) - _MOST_GROUPS),
    }


def read_page(
    clients: LetterClients, *, connector: str | None, group: str | None, before: str | None, limit: int
) -> dict[str, Any]:
    """Return the newest letters before a position as JSON types, and the position before which the next ones are.

    `before` is the position that the page before has named. Raises SluiceError or UnavailableError.
    """
    letter_filter = LetterFilter(connector=connector, group=group)
    spans = clients.spans(letter_filter)
    if before is not None:
        spans = _spans_before(spans, before)
    letters = NewestLetters(
        clients.read_chunk,
        spans,
        budget=Budget(letters=_PAGE_LOOKED_AT),
        matches=letter_filter.matches,
        at_once=MOST_AT_ONCE if group else limit,
    )
    clients.sent_letters.refresh()
    page = [_row(letter, clients) for letter in islice(letters, limit)]
    return {"letters": page, "before": _position(letters.before)}


def _row(letter: DeadLetter, clients: LetterClients) -> dict[str, Any]:
    return {
        **letter.as_object(clients.decode),
        "reason": _cut(letter.reason),
        "key": _cut(letter.displayed_key(clients.decode)),
        "original_record": letter.original_record,
        "sent_again": clients.sent_letters.includes(letter.topic, letter.partition, letter.offset),
    }


def _position(offsets: Mapping[At, int] | None) -> str | None:
    return None if offsets is None else json.dumps([[*at, offset] for at, offset in offsets.items()])


def _spans_before(spans: Spans, before: str) -> Spans:
    """Return the spans up to a position; raises SluiceError if it is none."""
    try:
        ends = {(str(topic), int(partition)): int(offset) for topic, partition, offset in json.loads(before)}
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise SluiceError("the request names no position in the dead letters", status=Exit.USAGE) from error
    return {at: (begin, max(begin, min(end, ends[at]))) for at, (begin, end) in spans.items() if at in ends}


def letter_object(letter: DeadLetter, decode: Decoder, *, sent: bool) -> dict[str, Any]:
    """Return one letter as a page shows it, as JSON types: long texts are cut."""
    return {
        **letter.as_object(decode),
        "key": _cut(letter.displayed_key(decode)),
        "reason": _cut(letter.reason, _MAX_VALUE),
        "group": group_identity(letter.group),
        "original_record": letter.original_record,
        "task": letter.error("task.id"),
        "value": _value_object(letter.value, decode),
        "headers": [
            {"name": _cut(name), "value": None if value is None else _cut(value.decode(errors="backslashreplace"))}
            for name, value in letter.own_headers
        ],
        "cause": innermost_cause(letter.trace),
        "trace": _cut(letter.trace, _MAX_VALUE),
        "sent_again": sent,
    }


def _value_object(value: bytes | None, decode: Decoder) -> dict[str, Any]:
    if value is None:
        return {"bytes": None, "decoded": True, "text": TOMBSTONE}
    text = decoded_text(value, decode)
    return {
        "bytes": len(value),
        "decoded": text is not None,
        "text": undecoded_text(value) if text is None else _cut(text, _MAX_VALUE),
    }


def _cut(text: str, length: int = _MAX_TEXT) -> str:
    return text if len(text) <= length else f"{text[:length]} … ({len(text) - length:,} characters more)"
