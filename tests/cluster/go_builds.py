"""Builds the Go programs that these tests run (etcd, Kubernetes, Pulumi), once, into the user's cache.

Each folder of go/ pins its modules by go.mod and go.sum, which Go verifies. go/language also has a program of our own.
"""

import shutil
import subprocess
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from producer.runtime.exit_status import SluiceError
from sluice.local.fetch_servers import Say
from tests.build_cache import cached_folder

_GO = Path(__file__).with_name("go")
_NEEDED_BYTES = 8 << 30
_PROGRESS_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Module:
    """A folder of go/ and its programs: program name -> package.

    `scripts` are copied from modules: path below the built folder -> (module, path in it).
    """

    name: str
    programs: Mapping[str, str]
    linker_flags: str = ""
    scripts: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]], repr=False)


# A program built from the module cache does not know its version, and the API server's behaviour depends on it.
_KUBERNETES_VERSION = (
    "-X k8s.io/component-base/version.gitVersion=v1.34.2 "
    "-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34"
)
ETCD = Module(name="etcd", programs={"etcd": "go.etcd.io/etcd/server/v3"})
KUBERNETES = Module(
    name="kubernetes",
    programs={
        "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
        "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    },
    linker_flags=_KUBERNETES_VERSION,
)
PULUMI = Module(
    name="pulumi",
    programs={"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"},
    linker_flags="-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.259.0",
)
_SDK = "github.com/pulumi/pulumi/sdk/v3"
LANGUAGE = Module(
    name="language",
    programs={"pulumi-language-python": "."},
    scripts={
        "bin/pulumi-language-python-exec": (_SDK, "python/cmd/pulumi-language-python-exec"),
        "dynamic/pulumi-resource-pulumi-python": (_SDK, "python/dist/pulumi-resource-pulumi-python"),
    },
)


class MissingPrerequisite(Exception):  # noqa: N818 not an error: the tests are skipped
    """This machine lacks a program that these tests need."""


@dataclass(frozen=True, kw_only=True)
class Programs:
    """Paths of the programs."""

    etcd: Path
    apiserver: Path
    controller_manager: Path
    pulumi: Path


def programs(*, env: Mapping[str, str], say: Say) -> Programs:
    """Return all programs: from the cache, or built; pulumi from the PATH if it is there.

    Raises MissingPrerequisite without Go, and SluiceError with the compiler's last lines if a build fails.
    """
    etcd = _built(ETCD, env=env, say=say)
    kubernetes = _built(KUBERNETES, env=env, say=say)
    return Programs(
        etcd=etcd / "etcd",
        apiserver=kubernetes / "kube-apiserver",
        controller_manager=kubernetes / "kube-controller-manager",
        pulumi=pulumi(env=env, say=say),
    )


def pulumi(*, env: Mapping[str, str], say: Say) -> Path:
    """Return the path of pulumi, as programs() does."""
    installed = shutil.which("pulumi", path=env.get("PATH"))
    return Path(installed) if installed else _built(PULUMI, env=env, say=say) / "pulumi"


def dynamic_resources(*, env: Mapping[str, str], say: Say) -> Path:
    """Return the folder of Pulumi's script that starts dynamic resources in Python; raises as programs() does."""
    installed = shutil.which("pulumi-resource-pulumi-python", path=env.get("PATH"))
    return Path(installed).parent if installed else _built(LANGUAGE, env=env, say=say).with_name("dynamic")


def language(*, env: Mapping[str, str], say: Say) -> Path:
    """Return the folder of pulumi-language-python: from the PATH, or built from go/language."""
    installed = shutil.which("pulumi-language-python", path=env.get("PATH"))
    return Path(installed).parent if installed else _built(LANGUAGE, env=env, say=say)


def _built(module: Module, *, env: Mapping[str, str], say: Say) -> Path:
    """Build a module if needed and return its bin/ folder."""
    go = shutil.which("go", path=env.get("PATH"))
    if go is None:
        raise MissingPrerequisite(
            f"go is not on the PATH: {', '.join(module.programs)} cannot be built (https://go.dev/dl)"
        )

    def build(building: Path) -> None:
        _check_room(building.parent)
        for program, package in module.programs.items():
            with progress(f"building {program} (once; minutes)", say=say):
                _compile(package, building / "bin" / program, module=module, go=go, env=env)
        for path, (source, inside) in module.scripts.items():
            script = building / path
            script.parent.mkdir(exist_ok=True)
            shutil.copyfile(_module_folder(source, module=module, go=go, env=env) / inside, script)
            script.chmod(0o755)

    return cached_folder(f"go-{module.name}-{_digest(module, go=go, env=env)}", build, env=env) / "bin"


def _digest(module: Module, *, go: str, env: Mapping[str, str]) -> str:
    source = _GO / module.name
    asked = [go, "env", "GOVERSION", "GOOS", "GOARCH"]
    platform = subprocess.run(asked, cwd=source, env=env, capture_output=True, check=True).stdout
    pinned = (source / "go.mod").read_bytes() + (source / "go.sum").read_bytes()
    own = b"".join(path.read_bytes() for path in sorted(source.glob("*.go")))
    own += repr(module.scripts).encode() if module.scripts else b""
    return sha256(pinned + own + platform + repr(module).encode()).hexdigest()[:16]


def _module_folder(name: str, *, module: Module, go: str, env: Mapping[str, str]) -> Path:
    asked = [go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", name]
    done = subprocess.run(asked, cwd=_GO / module.name, env=env, capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def _check_room(cache: Path) -> None:
    free = shutil.disk_usage(cache).free
    if free < _NEEDED_BYTES:
        raise SluiceError(
            f"the disk of {cache} has {free >> 20} MiB left; Go's caches and the programs need up to "
            f"{_NEEDED_BYTES >> 20}. Make room, or name other folders: SLUICE_CACHE, GOMODCACHE, GOCACHE"
        )


def _compile(package: str, program: Path, *, module: Module, go: str, env: Mapping[str, str]) -> None:
    done = subprocess.run(
        [
            go, "build", "-trimpath", "-buildvcs=false", "-mod=readonly", "-modcacherw",
            "-ldflags", f"-s -w {module.linker_flags}", "-o", str(program), package,
        ],
        cwd=_GO / module.name,
        env={**env, "CGO_ENABLED": "0"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        last = "\n  ".join(done.stderr.splitlines()[-15:])
        raise SluiceError(f"{package} could not be built in {_GO / module.name}:\n  {last}")


@contextmanager
def progress(what: str, *, say: Say) -> Generator[None]:
    """Report progress every _PROGRESS_SECONDS, and the duration at the end."""
    begin, over = time.monotonic(), threading.Event()

    def tell() -> None:
        say(f"{what} …")
        while not over.wait(_PROGRESS_SECONDS):
            say(f"{what} … {time.monotonic() - begin:.0f} s")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()
    say(f"{what}: {time.monotonic() - begin:.0f} s")
