import os
import signal

import pytest

from producer.shared.interrupts import Interrupts, StopLoadError


def test_each_signal_raises_once_and_the_first_prints_a_message() -> None:
    said: list[str] = []
    before = signal.getsignal(signal.SIGTERM)
    with Interrupts(say=said.append) as interrupts:
        interrupts.check()
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
            with pytest.raises(StopLoadError):
                interrupts.check()
            interrupts.check()
    assert len(said) == 1
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_terminal_that_is_closed_is_one_interrupt_and_none_under_nohup() -> None:
    said: list[str] = []
    with Interrupts(say=said.append) as interrupts:
        os.kill(os.getpid(), signal.SIGHUP)
        with pytest.raises(StopLoadError):
            interrupts.check()
        os.kill(os.getpid(), signal.SIGHUP)
        interrupts.check()
    assert len(said) == 1
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts(say=said.append) as interrupts:
            os.kill(os.getpid(), signal.SIGHUP)
            interrupts.check()
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
