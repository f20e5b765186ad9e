"""Output of `sluice dlq`: the number of dead letters by reason, and the newest of them."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from rich.text import Text

from producer.runtime.terminal import Console, escape_line
from sluice.dead_letters.dead_letter import DeadLetter, LetterGroup
from sluice.dead_letters.sent_letters import SentLetters
from sluice.view.pipeline_status import DEAD_LETTERS_SUFFIX
from sluice.view.record_decoder import Decoder


@dataclass(kw_only=True)
class ReasonGroup:
    """Letters of one connector that failed at one step with one reason pattern: their number, oldest and newest."""

    example: str
    count: int = 0
    sent: int = 0
    oldest: str | None = None
    newest: str | None = None
    reasons: set[str] = field(default_factory=set[str])

    def add(self, letter: DeadLetter, *, sent: bool) -> None:
        """Count a letter."""
        self.count += 1
        self.sent += sent
        if len(self.reasons) <= 1:
            self.reasons.add(letter.reason)
        times = [time for time in (self.oldest, self.newest, letter.time) if time is not None]
        self.oldest, self.newest = (min(times), max(times)) if times else (None, None)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Dead letters by reason, and the newest of them."""

    topics: tuple[str, ...]
    groups: dict[LetterGroup, ReasonGroup]
    """By connector, step and reason pattern."""
    newest: tuple[DeadLetter, ...]
    """Without their values; the newest last."""
    sent: frozenset[str]
    """Addresses of those of `newest` that were sent again."""

    @property
    def total(self) -> int:
        """Number of letters."""
        return sum(group.count for group in self.groups.values())

    @property
    def sent_again(self) -> int:
        """Number of letters that were sent again."""
        return sum(group.sent for group in self.groups.values())


def make_listing(
    letters: Iterable[DeadLetter], *, topics: tuple[str, ...], sent_letters: SentLetters, limit: int | None
) -> Listing:
    """Count all letters, and keep the newest `limit` (None: all) without their values."""
    groups: dict[LetterGroup, ReasonGroup] = {}
    newest: dict[str, deque[tuple[DeadLetter, bool]]] = {}
    for letter in letters:
        was_sent = sent_letters.includes(letter.topic, letter.partition, letter.offset)
        group = groups.setdefault(letter.group, ReasonGroup(example=letter.reason))
        group.add(letter, sent=was_sent)
        newest.setdefault(letter.topic, deque(maxlen=limit)).append((replace(letter, value=None), was_sent))
    kept = sorted((pair for pairs in newest.values() for pair in pairs), key=lambda pair: pair[0].time or "")
    shown = kept if limit is None else kept[len(kept) - min(limit, len(kept)) :]
    return Listing(
        topics=topics,
        groups=dict(sorted(groups.items(), key=lambda item: -item[1].count)),
        newest=tuple(letter for letter, _ in shown),
        sent=frozenset(letter.address for letter, was_sent in shown if was_sent),
    )


def as_object(listing: Listing, decode: Decoder) -> dict[str, Any]:
    """Return the listing as JSON types."""
    return {
        "dead_letters": listing.total,
        "sent_again": listing.sent_again,
        "topics": list(listing.topics),
        "reasons": [
            {
                "connector": connector,
                "step": step,
                "reason": pattern if len(group.reasons) > 1 else group.example,
                "example": group.example,
                "count": group.count,
                "sent_again": group.sent,
                "oldest": group.oldest,
                "newest": group.newest,
            }
            for (connector, step, pattern), group in listing.groups.items()
        ],
        "letters": [
            {**letter.as_object(decode), "sent_again": letter.address in listing.sent} for letter in listing.newest
        ],
    }


def print_listing(listing: Listing, *, console: Console, decode: Decoder) -> None:
    """Print the listing for display."""
    if not listing.total:
        names = ", ".join(topic.removesuffix(DEAD_LETTERS_SUFFIX) for topic in listing.topics)
        console.print(f"no dead letter (connectors that set them aside: {names or 'none'})", soft_wrap=True)
        return
    console.print(_summary(listing), soft_wrap=True)
    for (connector, step, pattern), group in listing.groups.items():
        console.print(_reason(f"{connector}, {step or 'unknown step'}", pattern, group), soft_wrap=True)
    if listing.newest:
        which = "all of them" if len(listing.newest) == listing.total else f"the newest {len(listing.newest):,}"
        console.print(Text(f"\n{which}", style="bold"))
        for letter in listing.newest:
            console.print(_letter(letter, decode, sent=letter.address in listing.sent), soft_wrap=True)
        console.print(
            Text("\nnext: sluice dlq show LETTER, sluice dlq write FILE, sluice dlq send", style="dim"), soft_wrap=True
        )


def _summary(listing: Listing) -> Text:
    sent = f", {listing.sent_again:,} of them sent again" if listing.sent_again else ""
    return Text(f"{listing.total:,} dead letter{'' if listing.total == 1 else 's'}{sent}", style="bold")


def _reason(where: str, pattern: str, group: ReasonGroup) -> Text:
    reason = pattern if len(group.reasons) > 1 else group.example
    text = Text.assemble(f"{group.count:>9,}  ", (escape_line(where), "dim"), "  ", escape_line(reason))
    span = _short(group.newest)
    if group.oldest != group.newest:
        span = f"{_short(group.oldest)} to {span}"
    sent = f", {group.sent:,} sent again" if group.sent else ""
    return text.append(f"\n{'':11}{span}{sent}", style="dim")


def _letter(letter: DeadLetter, decode: Decoder, *, sent: bool) -> Text:
    text = Text.assemble(
        (escape_line(letter.address), "bold"),
        (f"  {_short(letter.time)}  was {escape_line(letter.original_record)}  key ", "dim"),
        letter.displayed_key(decode),
        ("  sent again" if sent else "", "green"),
    )
    return text.append(f"\n    {escape_line(letter.reason)}")


def _short(time: str | None) -> str:
    return "no time" if time is None else time[:19].replace("T", " ")
