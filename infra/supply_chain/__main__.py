"""`scripts/sbom [FOLDER]` writes an SBOM of each place; `scripts/sbom --audit` asks OSV about the Maven artifacts."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.supply_chain.osv import URL, find_vulnerabilities, report
from infra.supply_chain.places import places
from producer.runtime.exit_status import Exit
from producer.runtime.run_program import run
from producer.runtime.terminal import argument_parser
from producer.runtime.tls_trust import trust_system_store

OSV_URL = "SLUICE_OSV_URL"
"""Environment variable: another address of OSV, for tests."""


def main(arguments: Sequence[str]) -> Exit:
    """Write the SBOMs or ask OSV; return the exit status: FAILED for vulnerabilities."""
    parser: argparse.ArgumentParser = argument_parser(prog="scripts/sbom")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("sbom"), help="for the files (default: sbom)")
    parser.add_argument("--audit", action="store_true", help="ask OSV for vulnerabilities of the Maven artifacts")
    args = parser.parse_args(arguments)
    if args.audit:
        return _audit()
    from infra.supply_chain.sbom import write_sbom  # noqa: PLC0415 - not needed for the audit

    args.folder.mkdir(parents=True, exist_ok=True)
    for name, pins in places().items():
        path = args.folder / f"{name}.cdx.json"
        path.write_text(write_sbom(name, pins), encoding="utf-8")
        sys.stdout.write(f"{path}: {len(pins)} components\n")
    return Exit.OK


def _audit() -> Exit:
    trust_system_store()
    pins = {pin for all_of_place in places().values() for pin in all_of_place}
    lines = report(find_vulnerabilities(pins, url=os.environ.get(OSV_URL, URL)))
    sys.stdout.write("".join(f"{line}\n" for line in lines) or "no vulnerability is known of the Maven artifacts\n")
    return Exit.FAILED if lines else Exit.OK


if __name__ == "__main__":
    run("scripts/sbom", lambda: main(sys.argv[1:]))
