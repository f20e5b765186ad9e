"""A fake Redis, a folder of images, and a proof of the folder against the fake Redis."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image

from producer.images.open_images import open_images
from producer.images.selection import Selection
from sluice.proof.images.prove import ImageProofResult, prove_images
from sluice.proof.images.redis_images import Memory, Value
from sluice.proof.shared.proof_arguments import ProofOptions
from tests.unit.sluice.proof.shared.fake_sink import FakeSink, RecordedProgress, without_waiting

SESSION = "2012-11-16"
START = 1_353_099_678_298_235
ALL = Selection()


def png(number: int, *, size: tuple[int, int] = (20, 12)) -> bytes:
    """Return a different image for each number."""
    file = BytesIO()
    Image.new("RGB", size, (number % 256, 90, 200)).save(file, "png")
    return file.getvalue()


def utime(number: int) -> int:
    """Return the utime of the image with this number."""
    return START + number * 200_000


def key(camera: int, number: int) -> str:
    """Return the key of a camera's image."""
    return f"{SESSION}/Cam{camera}/{utime(number)}"


def make_folder(root: Path, *, cameras: int = 2, images: int = 3) -> Path:
    """Write a session's folder as the data set has it, with so many images of each camera."""
    for camera in range(cameras):
        folder = root / SESSION / "lb3" / f"Cam{camera}"
        folder.mkdir(parents=True)
        for number in range(images):
            (folder / f"{utime(number)}.png").write_bytes(png(10 * camera + number))
    return root / SESSION


def make_empty(folder: Path, name: str) -> None:
    """Replace the image with the key `name` by an empty file."""
    _, camera, number = name.split("/")
    (folder / "lb3" / camera / f"{number}.png").write_bytes(b"")


def content(folder: Path) -> dict[str, Value]:
    """Return what Redis has after all of a folder was loaded."""
    return {f"{SESSION}/{path.parent.name}/{path.stem}": path.read_bytes() for path in folder.rglob("*.png")}


@dataclass
class FakeStore:
    """Redis in memory; counts how often images are read."""

    content: dict[str, Value]
    used: int = 1_000_000
    limit: int = 500_000_000
    product: str = "Redis 6.2.7"
    reads: int = 0
    expiring_keys: frozenset[str] = frozenset()
    """Keys with a time to live."""
    prefixes: list[str] = field(default_factory=list[str])

    def memory(self) -> Memory:
        return Memory(used=self.used, limit=self.limit)

    def present(self, keys: Iterable[str]) -> Iterator[str]:
        return (key for key in keys if key in self.content)

    def expiring(self, keys: Iterable[str]) -> Iterator[str]:
        return (key for key in keys if key in self.expiring_keys)

    def apply(self, key: bytes, value: bytes | None) -> None:
        """Write as the sink does."""
        if value is None:
            self.content.pop(key.decode(), None)
        else:
            self.content[key.decode()] = value

    def read(self, keys: Iterable[str]) -> Iterator[tuple[str, Value]]:
        for wanted in keys:
            self.reads += 1
            yield wanted, self.content.get(wanted)

    def scan(self, prefix: str) -> Iterator[str]:
        self.prefixes.append(prefix)
        # Redis may name a key twice.
        yield from [name for name in self.content if name.startswith(prefix)] * 2


def prove(
    folder: Path,
    *,
    store: FakeStore,
    sink: FakeSink | None = None,
    selection: Selection = ALL,
    options: ProofOptions | None = None,
    absent: bool = False,
    wait_seconds: float = 30,
    limit: int = 20,
) -> ImageProofResult:
    """Prove the folder against the store."""
    with open_images(str(folder), env={}, selection=selection) as source:
        return without_waiting(
            lambda: prove_images(
                source,
                store=store,
                sink=sink or FakeSink(),
                options=options or ProofOptions(absent=absent, wait_seconds=wait_seconds),
                limit=limit,
                progress=RecordedProgress(),
            )
        )
