"""The reasons of the newest dead letters, read beside the samples, and only where there are new ones."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from producer.kafka.connection import KafkaUser
from producer.runtime.exit_status import SluiceError
from sluice.dead_letters.newest_letters import NewestLetters, read_newest

_PAUSE = 5.0
"""Time between two readings, s."""
_PATIENCE = 50
"""A reading is followed by a pause of so many times its own duration: images are read for longer."""


class LetterReasons:
    """The newest letters of each topic of dead letters; answers at once with what it has read before."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="letters")
        self._read: dict[str, tuple[int, NewestLetters | SluiceError]] = {}
        """What was read, and how many letters had been written then, by topic."""
        self._due = 0.0
        self._busy = False

    def newest(self, user: KafkaUser, topics: Mapping[str, int]) -> dict[str, NewestLetters | SluiceError]:
        """Return what is known of the letters of `topics`, and read those that have more now.

        `topics` has the number of letters ever written by topic.
        """
        changed = {topic: written for topic, written in topics.items() if written != self._read.get(topic, (0,))[0]}
        if changed and not self._busy and time.monotonic() >= self._due:
            self._busy = True
            self._thread.submit(self._read_all, user, changed)
        return {topic: self._read[topic][1] for topic in topics if topic in self._read}

    def _read_all(self, user: KafkaUser, topics: Mapping[str, int]) -> None:
        begun = time.monotonic()
        try:
            for topic, written in topics.items():
                self._read[topic] = written, _answer(user, topic)
        finally:
            ended = time.monotonic()
            self._due = ended + max(_PAUSE, _PATIENCE * (ended - begun))
            self._busy = False


def _answer(user: KafkaUser, topic: str) -> NewestLetters | SluiceError:
    try:
        return read_newest(user, topic)
    except SluiceError as error:
        return error
