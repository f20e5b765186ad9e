"""Names of a log's columns: known spellings, and units that a header may give with them."""

import re
from typing import NamedTuple

_UNITS = {
    "rad": ("rad", "radian", "radians"),
    "degrees": ("deg", "degree", "degrees", "°"),
    "m": ("m", "meter", "meters", "metre", "metres"),
    "km": ("km",),
    "ft": ("ft", "feet", "foot"),
    "m/s": ("m/s", "mps", "m/sec", "ms1", "m/second", "meterspersecond", "metrespersecond"),
    "km/h": ("km/h", "kmh", "kph", "kmph"),
    "mph": ("mph", "mi/h"),
    "knots": ("kn", "kt", "kts", "knot", "knots"),
    "s": ("s", "sec", "secs", "second", "seconds"),
    "ms": ("ms", "msec", "millis", "millisecond", "milliseconds"),
    "µs": ("us", "usec", "micros", "microsec", "microsecond", "microseconds"),
    "ns": ("ns", "nsec", "nanos", "nanosecond", "nanoseconds"),
}
_UNIT_OF = {spelling: unit for unit, spellings in _UNITS.items() for spelling in spellings}
_IGNORED = re.compile(r"[\s_.\-^*·⋅]+")
_IN_BRACKETS = re.compile(r"(.*?)\s*[(\[{]\s*(.*?)\s*[)\]}]")
_MAX_LENGTH = 80
"""Characters of a header's field that are read."""
_MICRO = str.maketrans({"µ": "u", "μ": "u"})


class Column(NamedTuple):
    """A column that a log must have."""

    name: str
    unit: str
    """The unit of its values; empty for a plain number."""
    spellings: frozenset[str]
    """Names that it may have, normalized: lower case, without blanks, `_`, `-` and `.`."""

    def __str__(self) -> str:
        """Return the name with its unit."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


def _column(name: str, unit: str, others: str) -> Column:
    return Column(name, unit, frozenset({_normalize(name), *others.split()}))


class ColumnName(NamedTuple):
    """A field of a header: the column it names, and in which unit."""

    column: Column | None
    """None for an unknown name."""
    unit: str
    """The unit it gives, spelled as Column.unit if it is a known one; empty where it gives none."""

    @property
    def fits(self) -> bool:
        """Whether it is a known column in the unit that a log has."""
        return self.column is not None and self.unit in {"", self.column.unit}


def parse_column_name(text: str) -> ColumnName:
    """Parse one field of a header: `utime`, `Latitude [rad]`, `speed_m/s`, `numSats`."""
    text = text.strip().lower().translate(_MICRO)
    brackets = _IN_BRACKETS.fullmatch(text[:_MAX_LENGTH])
    if brackets:
        column = _BY_SPELLING.get(_normalize(brackets[1]))
        return ColumnName(column, _unit(_normalize(brackets[2]), column))
    name = _normalize(text[:_MAX_LENGTH])
    if name in _BY_SPELLING:
        return ColumnName(_BY_SPELLING[name], "")
    for end in range(len(name) - 1, 0, -1):
        column = _BY_SPELLING.get(name[:end])
        if column and name[end:] in _UNIT_OF:
            return ColumnName(column, _unit(name[end:], column))
    return ColumnName(None, "")


def _normalize(text: str) -> str:
    return _IGNORED.sub("", text.lower())


def _unit(text: str, column: Column | None) -> str:
    if column and column.unit == "m/s" and text == "ms":  # speed_m_s: no speed is in milliseconds
        return column.unit
    return _UNIT_OF.get(text, text)


COLUMNS = (
    _column("utime", "µs", "timestamp time unixtime unixtimestamp epoch epochtime"),
    _column("fix_mode", "", "fix mode gpsfix gpsmode gpsfixmode"),
    _column(
        "satellites",
        "",
        "satellite sat sats nsat nsats numsat numsats numsatellites nsatellites satellitesused satsused numsatsused "
        "numberofsatellites noofsatellites satellitecount satcount satnum numsv nsv svs",
    ),
    _column("latitude", "rad", "lat gpslat gpslatitude"),
    _column("longitude", "rad", "lon lng long gpslon gpslng gpslong gpslongitude"),
    _column("altitude", "m", "alt height elevation elev gpsalt gpsaltitude altitudemsl altmsl"),
    _column("track", "degrees", "heading course bearing cog courseoverground trackangle gpstrack"),
    _column("speed", "m/s", "velocity vel groundspeed sog speedoverground gpsspeed"),
)
"""The columns of a log, in the order of a log without a header."""
_BY_SPELLING = {spelling: column for column in COLUMNS for spelling in column.spellings}
