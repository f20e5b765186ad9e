import pytest

from producer.images.image_key import KEY_LIMIT, Naming
from producer.images.reject_reasons import ImageReason


def key(path: str, *, own: str = "photos", above: tuple[str, ...] = ()) -> str:
    name = Naming(own=own, above=above).understand(path)
    assert not isinstance(name, ImageReason)
    return name.key


@pytest.mark.parametrize(
    ("own", "above", "path", "expected"),
    [
        ("2012-11-16_lb3", (), "2012-11-16/lb3/Cam0/12.tiff", "2012-11-16/Cam0/12"),
        ("2012-11-16", ("data",), "lb3/Cam0/12.tiff", "2012-11-16/Cam0/12"),
        ("lb3", ("data", "2012-11-16"), "Cam5/12.png", "2012-11-16/Cam5/12"),
        ("Cam1", ("2012-11-16", "lb3"), "12", "2012-11-16/Cam1/12"),
        ("nclt", (), "2012-11-16/lb3/Cam0/12.tiff", "2012-11-16/Cam0/12"),
        ("2020-01-01", (), "2012-11-16/lb3/Cam0/12.tiff", "2012-11-16/Cam0/12"),
        ("photos", (), "./left/../12.JPG", "photos/left/12"),
        ("photos", ("2012-13-40", "2012-11-16x"), "12.jpg", "photos/photos/12"),
    ],
)
def test_a_key_is_session_camera_and_utime(own: str, above: tuple[str, ...], path: str, expected: str) -> None:
    assert key(path, own=own, above=above) == expected


@pytest.mark.parametrize(
    "file", ["readme.txt", ".12.tiff", "12.tiff.part", "12a.tiff", "1.5.tiff", "-1.tiff", "²", "1" * 20]
)
def test_a_name_that_is_no_utime_still_has_a_camera(file: str) -> None:
    name = Naming(own="photos").understand(f"Cam0/{file}")
    assert not isinstance(name, ImageReason)
    assert (name.utime, name.camera) == (None, "Cam0")


@pytest.mark.parametrize("path", ["Cam0/\udcff/1.tiff", "a\nb/1.tiff", "\x1b[2J/1.tiff", "x" * KEY_LIMIT + "/1.tiff"])
def test_a_path_that_is_no_plain_text_is_refused(path: str) -> None:
    assert Naming(own="photos").understand(path) is ImageReason.PATH
