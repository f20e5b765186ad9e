import pytest

from producer.images.image_key import KEY_LIMIT, PathParser
from producer.images.reject_reasons import ImageReason


def key(path: str, *, source_name: str = "photos", parent_folders: tuple[str, ...] = ()) -> str:
    name = PathParser(source_name=source_name, parent_folders=parent_folders).parse(path)
    assert not isinstance(name, ImageReason)
    return name.key


@pytest.mark.parametrize(
    ("source_name", "parent_folders", "path", "expected"),
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
def test_a_key_is_session_camera_and_utime(
    source_name: str, parent_folders: tuple[str, ...], path: str, expected: str
) -> None:
    assert key(path, source_name=source_name, parent_folders=parent_folders) == expected


@pytest.mark.parametrize(
    "file", ["readme.txt", ".12.tiff", "12.tiff.part", "12a.tiff", "1.5.tiff", "-1.tiff", "²", "1" * 20]
)
def test_a_name_that_is_no_utime_still_has_a_camera(file: str) -> None:
    name = PathParser(source_name="photos").parse(f"Cam0/{file}")
    assert not isinstance(name, ImageReason)
    assert (name.utime, name.camera) == (None, "Cam0")


@pytest.mark.parametrize("path", ["Cam0/\udcff/1.tiff", "a\nb/1.tiff", "\x1b[2J/1.tiff", "x" * KEY_LIMIT + "/1.tiff"])
def test_a_path_that_is_no_plain_text_is_rejected(path: str) -> None:
    assert PathParser(source_name="photos").parse(path) is ImageReason.PATH
