"""Ctrl-C ends the random faults cleanly, however often it comes."""

import os
import signal

import pytest

from tests.faults.no_interrupts import no_interrupts


def test_an_interrupt_does_not_end_the_cleaning_up_and_ends_what_follows() -> None:
    done = False
    with no_interrupts():
        os.kill(os.getpid(), signal.SIGINT)
        done = True
    assert done
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
