"""Time ranges of the rows of each test file: a proof counts all other rows of its range as extra.

In µs since the epoch, each the first of a year. The log that several files load is of 2012.
"""

from enum import IntEnum, unique


@unique
class TimeRange(IntEnum):
    """Start of the time range of a test file's rows."""

    FORMATS = 1_104_537_600_000_000
    HOSTILE_VALUES = 1_167_609_600_000_000
    DEAD_LETTERS = 1_199_145_600_000_000
    LOAD_GPS = 1_230_768_000_000_000
    PROOF = 1_262_304_000_000_000
    MESSAGES = 1_293_840_000_000_000
    MYSQL_SINK = 1_388_534_400_000_000
    SECRETS = 1_420_070_400_000_000
    RESTORED_DATABASE = 1_451_606_400_000_000
