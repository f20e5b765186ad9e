import pytest

from sluice.view import sink_lag
from sluice.view.sink_lag import SinkLag


def test_the_trend_is_read_only_where_there_is_a_lag(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sink_lag, "_TREND_SECONDS", 0.01)
    readings = [[50, 0], [40, 0]]

    def read() -> tuple[SinkLag, ...]:
        first, second = readings.pop(0)
        return (SinkLag(connector="mysql-sink", records=first), SinkLag(connector="redis-sink", records=second))

    rows, images = sink_lag.read_with_trend(read)
    assert rows.records == 40
    assert rows.change_per_second is not None
    assert rows.change_per_second < 0
    assert images.change_per_second == 0
    readings[:] = [[0, 0]]
    assert [lag.change_per_second for lag in sink_lag.read_with_trend(read)] == [None, None]
