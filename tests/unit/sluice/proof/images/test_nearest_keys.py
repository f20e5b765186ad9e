from sluice.proof.images.nearest_keys import find_nearest_keys
from tests.unit.sluice.proof.images.fake_store import FakeStore, key, utime

IMAGES = [key(camera, number) for camera in range(3) for number in range(20)]
HELD = FakeStore({**dict.fromkeys(IMAGES, b""), "2013-01-10/Cam4/7": b""})


def test_the_nearest_keys_of_a_camera_are_the_nearest_in_time():
    wanted = f"2012-11-16/Cam1/{utime(9) + 50_000}"
    assert find_nearest_keys(wanted, store=HELD, count=4) == [key(1, number) for number in (8, 9, 10, 11)]


def test_without_keys_of_the_camera_the_most_similar_camera_is_taken():
    assert find_nearest_keys(f"2012-11-16/cam2/{utime(3)}", store=HELD, count=2) == [key(2, 2), key(2, 3)]


def test_without_keys_of_the_session_the_most_similar_session_is_taken():
    assert find_nearest_keys("2013-01-11/Cam4/8", store=HELD, count=1) == ["2013-01-10/Cam4/7"]


def test_a_key_without_a_time_gets_some_of_each_camera():
    for wanted in ("2012-11-16/", "2012-11-16/Cam9/"):
        assert [name.split("/")[1] for name in find_nearest_keys(wanted, store=HELD, count=3)] == [
            "Cam0",
            "Cam1",
            "Cam2",
        ]
    assert len(find_nearest_keys("", store=HELD)) == 6


def test_an_empty_redis_has_no_nearest_keys():
    assert find_nearest_keys(key(0, 0), store=FakeStore({})) == []
