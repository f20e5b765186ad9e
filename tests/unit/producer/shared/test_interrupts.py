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
