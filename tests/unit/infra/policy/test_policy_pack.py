"""Files of the policy pack, as Pulumi needs them; tests/cluster/test_policy.py has Pulumi run it."""

import subprocess
import sys

import yaml

from infra.settings.declared_settings import ROOT

PACK = ROOT / "infra/policy"


def test_pack_is_one_that_pulumi_starts_with_python() -> None:
    project = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())
    assert project["runtime"] == {"name": "python", "options": {"virtualenv": ".venv"}}
    assert (PACK / "__main__.py").exists()


def test_what_it_needs_is_pinned_with_checksums() -> None:
    lines = (PACK / "requirements.txt").read_text().splitlines()
    packages = [line for line in lines if not line.startswith(" ")]
    assert any(line.startswith("pulumi-policy==") for line in packages)
    assert all("==" in line and line.endswith("\\") for line in packages)


def test_no_module_of_it_hides_one_of_pythons() -> None:
    names = {path.stem for path in PACK.glob("*.py")}
    assert not names & sys.stdlib_module_names  # Pulumi starts the folder itself: it comes first on the path


def test_other_stacks_do_not_wait_for_googles_sdk() -> None:
    code = "import infra.program, sys; sys.exit(any(name.startswith('pulumi_gcp') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
