"""Times of which each file of tests has rows of its own: a proof counts whatever else is there as extra.

µs since the epoch, each the first of a year. The log that several files load is of 2012.
"""

from enum import IntEnum, unique


@unique
class TimeRange(IntEnum):
    """Where a file's rows begin."""

    HOSTILE_VALUES = 1_167_609_600_000_000
    DEAD_LETTERS = 1_199_145_600_000_000
    LOAD_GPS = 1_230_768_000_000_000
    PROOF = 1_262_304_000_000_000
    MESSAGES = 1_293_840_000_000_000
