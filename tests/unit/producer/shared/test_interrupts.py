import os
import signal

import pytest

from producer.shared.interrupts import Interrupts, StopLoadError


def test_each_ctrl_c_ends_one_wait_and_the_first_is_answered() -> None:
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
