"""The Job `proof` of the cluster's own load: its verdict and report, from its log."""

from pathlib import Path
from typing import IO

from producer.runtime.exit_status import Exit, SluiceError
from sluice.cluster.toolbox_pod import Toolbox, kubectl_error
from sluice.proof.shared.report_file import write_report

JOB = "proof"
PAGE = b"<!DOCTYPE html>"
"""First bytes of the report; the log has the proof's output before it."""
_STATUS = "jsonpath={.items[-1:].status.containerStatuses[0].state.terminated.exitCode}"


def fetch_proof_report(toolbox: Toolbox, path: Path, *, stdout: IO[bytes]) -> Exit:
    """Write the report of the Job to `path` and its output to `stdout`; return the proof's exit status.

    Raises SluiceError if there is no such Job, it has not ended, or `path` cannot be written.
    """
    log = toolbox.kubectl("logs", f"job/{JOB}")
    if log.returncode:
        raise SluiceError(
            f"there is no proof to fetch: {kubectl_error(log.stderr)}. Prove what you loaded yourself with `sluice "
            "proof SOURCE`, or have the cluster load and prove a source: pulumi config set load.source SOURCE",
            status=Exit.UNAVAILABLE,
        )
    newest = ["--selector", f"job-name={JOB}", "--sort-by", ".metadata.creationTimestamp"]
    status = toolbox.kubectl("get", "pods", *newest, "--output", _STATUS).stdout.decode()
    if not status:
        raise SluiceError("the proof has not ended yet: kubectl logs --follow job/proof", status=Exit.UNAVAILABLE)
    verdict, begin, page = log.stdout.partition(PAGE)
    stdout.write(verdict)
    if begin:
        report = write_report((begin + page).decode(errors="replace"), path)
        stdout.write(f"report: {report.absolute()}\n".encode())
    return Exit(int(status))
