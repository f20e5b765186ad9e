from math import degrees, radians

from producer.gps.parse_row import GpsFix
from sluice.proof.gps.decimate import Plots, decimate, gap_threshold

SECOND = 1_000_000


def straight_line(rows: int) -> list[GpsFix]:
    """Return one fix per second on a straight line, with one outlier in every dimension."""
    fixes = [GpsFix(n * SECOND, 3, 0, radians(42 + n / 1e6), radians(-83), 260.0, 1.0, 1.0) for n in range(rows)]
    outlier = {"latitude": radians(41), "longitude": radians(-84), "altitude": -7.0, "speed": 99.0}
    fixes[rows // 3] = fixes[rows // 3]._replace(**outlier)
    return fixes


def decimated(fixes: list[GpsFix], *, buckets: int = 20) -> Plots:
    return decimate(fixes, total=len(fixes), gap_seconds=gap_threshold(fixes), buckets=buckets)


def test_few_points_remain_and_every_extreme_is_among_them():
    plots = decimated(straight_line(5_000))
    (track,), (altitude,), (speed,) = plots.track, plots.altitude, plots.speed
    assert len(track) < 150
    assert min(latitude for _, (latitude, _) in track) == degrees(radians(41))
    assert min(longitude for _, (_, longitude) in track) == degrees(radians(-84))
    assert min(value for _, (value,) in altitude) == -7.0
    assert max(value for _, (value,) in speed) == 99.0


def test_the_ends_stay_and_time_only_rises():
    fixes = straight_line(5_000)
    (track,) = decimated(fixes).track
    assert (track[0][0], track[-1][0]) == (fixes[0].utime, fixes[-1].utime)
    times = [utime for utime, _ in track]
    assert times == sorted(set(times))


def test_a_line_is_broken_where_nothing_was_measured():
    fixes = straight_line(300)
    silent = [item._replace(altitude=None) if 100 <= n < 150 else item for n, item in enumerate(fixes)]
    plots = decimated(silent)
    assert len(plots.altitude) == 2
    assert plots.altitude[0][-1][0] == fixes[99].utime
    assert plots.altitude[1][0][0] == fixes[150].utime
    assert len(plots.track) == 1


def test_a_null_in_every_other_row_is_no_gap():
    fixes = [item._replace(altitude=None) if n % 2 else item for n, item in enumerate(straight_line(300))]
    assert len(decimated(fixes).altitude) == 1


def test_a_log_without_positions_has_no_track():
    fixes = [item._replace(latitude=None) for item in straight_line(10)]
    assert decimated(fixes).track == []


def test_a_gap_is_ten_usual_intervals_and_at_least_a_second():
    assert gap_threshold(straight_line(100)) == 10.0
    assert gap_threshold([item._replace(utime=item.utime // 100) for item in straight_line(100)]) == 1.0
    assert gap_threshold(straight_line(1)) == 1.0
