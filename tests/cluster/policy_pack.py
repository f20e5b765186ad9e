"""Installs the policy pack infra/policy and its virtual environment for Pulumi."""

import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import yaml

from infra.settings.declared_settings import ROOT
from tests.build_cache import cached_folder
from tests.cluster.go_builds import MissingPrerequisite, progress

_PACK = ROOT / "infra/policy"
_LAUNCHER = "pulumi-analyzer-policy-python"


def policy_environment(*, env: Mapping[str, str], say: Callable[[str], None]) -> Path:
    """Return a virtual environment with the pack's requirements, in the user's cache.

    Raises MissingPrerequisite with pip's last lines if they cannot be installed.
    """
    requirements = _PACK / "requirements.txt"

    def install(folder: Path) -> None:
        pip = [str(folder / "bin/python"), "-m", "pip"]
        install = ["install", "--quiet", "--require-hashes", "--no-deps", "-r", str(requirements)]
        with progress("installing the requirements of infra/policy (once; half a minute)", say=say):
            subprocess.run([sys.executable, "-m", "venv", str(folder)], env=env, check=True, capture_output=True)
            for arguments in (install, ["check"]):
                done = subprocess.run([*pip, *arguments], env=env, capture_output=True, text=True, check=False)
                if done.returncode:
                    break
        if done.returncode:
            last = "\n  ".join((done.stdout + done.stderr).splitlines()[-5:])
            raise MissingPrerequisite(f"{requirements} could not be installed:\n  {last}")

    digest = sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:16]
    return cached_folder(f"policy-{digest}", install, env=env)


def installed_pack(folder: Path, environment: Path) -> Path:
    """Create the pack in `folder` with this virtual environment, and return its folder."""
    pack = folder / "policy"
    pack.mkdir()
    project = yaml.safe_load((_PACK / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    project["runtime"]["options"]["virtualenv"] = str(environment)
    (pack / "PulumiPolicy.yaml").write_text(yaml.safe_dump(project), encoding="utf-8")
    (pack / "__main__.py").symlink_to(_PACK / "__main__.py")
    return pack


def write_launcher(folder: Path, environment: Path) -> None:
    """Write the launcher with which the engine starts a Python policy pack.

    Pulumi's own package has it beside pulumi-language-python; this one starts the same module of the environment.
    """
    launcher = folder / _LAUNCHER
    python = shlex.quote(str(environment / "bin/python"))
    launcher.write_text(f'#!/bin/sh\nexec {python} -u -m pulumi.policy "$1" "$2"\n', encoding="utf-8")
    launcher.chmod(0o700)
