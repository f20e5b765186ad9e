import pytest

from producer.runtime.exit_status import Exit, SluiceError
from producer.sources.log_location import locate_log
from tests.unit.producer.log_samples import read_log


@pytest.mark.parametrize("day", ["yesterday", "2012-13-01", "20121116", "2012-1-1", ""])
def test_a_session_that_is_not_a_date_is_refused(day: str) -> None:
    with pytest.raises(SluiceError, match="not the date of a session") as caught:
        read_log(f"nclt:{day}")
    assert caught.value.status is Exit.USAGE


def test_the_name_of_a_url_has_no_password_and_no_signature() -> None:
    location = locate_log("https://me:secret@example.org/logs/gps.csv.gz?signature=secret", env={})
    assert (location.name, location.base_name) == ("https://example.org/logs/gps.csv.gz", "gps")


@pytest.mark.parametrize(
    ("spec", "base_name"),
    [
        ("/dev/fd/63", "stdin"),
        ("/dev/stdin", "stdin"),
        ("gps.tar.bz2", "gps"),
        ("/logs/gps.csv", "gps"),
        ("2012-11-16_sen.tar.gz", "2012-11-16_sen"),
        ("2012-11-16_sen.tar.gz::2012-11-16/gps_rtk.csv", "2012-11-16_sen-gps_rtk"),
        ("nclt:2012-11-16", "nclt-2012-11-16-gps"),
        ("-", "stdin"),
        ("gs://bucket/logs/a.b.csv.gz", "a.b"),
    ],
)
def test_files_about_a_source_are_named_after_it(spec: str, base_name: str) -> None:
    assert locate_log(spec, env={}).base_name == base_name
