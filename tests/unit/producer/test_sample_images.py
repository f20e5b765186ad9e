import itertools
from hashlib import sha256
from pathlib import Path

from PIL import Image as Pillow

from producer.sample_images import MEGABYTE, main, write_images

from .images.image_samples import read_source


def test_the_images_have_nclts_layout_and_differ(tmp_path: Path) -> None:
    keys = write_images(tmp_path / "images", count=13)
    images, refused, _ = read_source(tmp_path / "images")
    assert (set(images), refused, len(images)) == (set(keys), {}, 13)
    assert {key.split("/")[1] for key in keys} == {f"Cam{n}" for n in range(6)}
    thumbnails = [
        Pillow.open(path).resize((32, 24)).tobytes() for path in sorted((tmp_path / "images").rglob("*.tiff"))
    ]
    for one, other in itertools.combinations(thumbnails, 2):
        assert sum(abs(a - b) > 30 for a, b in zip(one, other, strict=True)) > 20


def test_folder_and_archives_hold_the_same_and_always_the_same(tmp_path: Path) -> None:
    for name in ("f", "a.tar", "b.tar.gz", "c.tgz"):
        main([str(tmp_path / name), "--count", "7", "--size", "64x48"])
    main([str(tmp_path / "d.tgz"), "--count", "7", "--size", "64x48"])
    everything = [read_source(tmp_path / name)[0] for name in ("f", "a.tar", "b.tar.gz", "c.tgz")]
    assert all(images == everything[0] for images in everything)
    assert (tmp_path / "c.tgz").read_bytes() == (tmp_path / "d.tgz").read_bytes()
    digest = sha256(b"".join(data for _, data in sorted(everything[0].items()))).hexdigest()
    assert digest == "60150a25928f1a0baffd20a877b7076acd6e6daaa5ddc7e7fca1c1b2118bfe52"


def test_an_image_of_size_megabyte_has_1_mib(tmp_path: Path) -> None:
    write_images(tmp_path / "images", count=1, size=MEGABYTE)
    (path,) = (tmp_path / "images").rglob("*.tiff")
    assert abs(path.stat().st_size - (1 << 20)) < 1_000
