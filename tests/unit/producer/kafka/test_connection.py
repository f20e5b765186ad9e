"""Addresses from environment variables."""

import pytest

from producer.kafka.connection import PRODUCER_VARIABLES, ProducerEndpoints, check_url
from producer.runtime.exit_status import Exit, SluiceError


@pytest.mark.parametrize(
    "url",
    ["localhost:8083", "connect", "ftp://connect", "http://", "http://:80", "http://connect:x", "https://[::1", " "],
)
def test_a_url_without_scheme_or_host_is_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(SluiceError, match="SLUICE_REGISTRY_URL is not http://HOST:PORT") as error:
        ProducerEndpoints.from_env({**dict.fromkeys(PRODUCER_VARIABLES, "x"), "SLUICE_REGISTRY_URL": url})
    assert error.value.status is Exit.USAGE


@pytest.mark.parametrize("url", ["http://connect:8083", "https://[::1]:8083", "HTTPS://connect/base"])
def test_blanks_and_a_slash_at_the_end_are_left_out(url: str) -> None:
    assert check_url(f" {url}/ ", variable="X") == url
