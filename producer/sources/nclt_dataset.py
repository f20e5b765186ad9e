"""The public NCLT data set: sessions named `nclt:DATE`, and the URLs of their archives."""

from collections.abc import Mapping
from datetime import date

from producer.runtime.exit_status import Exit, SluiceError

NCLT_URL = "https://s3.us-east-2.amazonaws.com/nclt.perl.engin.umich.edu/"
"""Default URL of the data set; the environment variable SLUICE_NCLT_URL replaces it, for a mirror."""
IMAGES_FOLDER = "lb3"
"""The data set's name for a session's images (Ladybug3 camera)."""


def parse_session(spec: str) -> tuple[str, str]:
    """Return the date and the rest of nclt:DATE/REST; raises SluiceError if DATE is not a date."""
    day, _, rest = spec.removeprefix("nclt:").partition("/")
    if not is_date(day):
        raise SluiceError(f"{spec}: {day!r} is not the date of a session; write nclt:2012-11-16", status=Exit.USAGE)
    return day, rest


def is_date(text: str) -> bool:
    """Return whether `text` is a date in the data set's format, such as 2012-11-16."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def sensor_archive_url(day: str, *, env: Mapping[str, str]) -> str:
    """Return the URL of a session's archive of sensor logs, which holds the GPS logs."""
    return f"{_dataset_url(env)}/sensor_data/{day}_sen.tar.gz"


def image_archive_url(day: str, *, env: Mapping[str, str]) -> str:
    """Return the URL of a session's archive of images."""
    return f"{_dataset_url(env)}/images/{day}_{IMAGES_FOLDER}.tar.gz"


def _dataset_url(env: Mapping[str, str]) -> str:
    return (env.get("SLUICE_NCLT_URL") or NCLT_URL).rstrip("/")
