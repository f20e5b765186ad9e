"""The command scripts/guard-test: asks the guard what it could do, and checks everything that it depends on."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console

from infra.gcp.google_api import Google
from infra.gcp.guard_call import Answer, GuardAnswers, call_guard
from infra.gcp.guard_commands.finding import Finding, ok, run_check, wrong
from infra.gcp.guard_commands.guard_checks import GuardChecks
from infra.gcp.guard_commands.guard_command import add_stack_options, load_guarded_cluster, run_command
from infra.gcp.guard_commands.guarded_cluster import CheckedParts, GuardedCluster
from infra.gcp.guard_function.sluice_guard.environment import Mode
from infra.gcp.guard_function.sluice_guard.google_requests import WaitLimit
from producer.runtime import terminal
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.run_program import run
from producer.runtime.terminal import argument_parser

_ABOUT = (
    "Ask the guard what it could do, by the budget's topic and by its clock, and check all that it depends on. "
    "Nothing is changed. The exit status is 1 where something does not work or cannot be checked."
)
_WAIT_SECONDS = 180.0


def check_guard(google: Google, parts: CheckedParts, *, wait_limit: WaitLimit, now: datetime) -> list[Finding]:
    """Run all checks, then ask the guard; raises ApiError where no request can succeed."""
    checks = GuardChecks(google=google, parts=parts, now=now).all()
    project = parts.names.project
    found = [finding for subject, check in checks.items() for finding in run_check(subject, check, project=project)]

    def ask() -> Sequence[Finding]:
        return _answers(call_guard(google, parts.names, wait_limit=wait_limit, until_good=False), parts)

    return [*found, *run_check("test call", ask, project=project)]


def _answers(answers: GuardAnswers, parts: CheckedParts) -> list[Finding]:
    names = parts.names
    problems = [wrong("test call", problem, remedy) for problem, remedy in answers.problems(names).items()]
    answered = [
        ok("test call", f"{function} has answered {call}")
        for function, call, answer in (
            (names.on_budget, f"a message on the topic {names.topic}", answers.on_budget),
            (names.on_clock, "a call of the clock", answers.on_clock),
        )
        if answer
    ]
    answer = answers.on_budget or answers.on_clock
    return [*answered, *_permissions(answer), *problems] if answer else problems


def _permissions(answer: Answer) -> list[Finding]:
    there = [ok("permission", name) for name, granted in answer.permissions.items() if granted]
    return [*there, *([ok("guard", answer.found)] if answer.found else [])]


def _print(findings: Sequence[Finding], guarded: GuardedCluster, stdout: Console) -> None:
    for finding in findings:
        style = "default" if finding.is_good else "red"
        line = f"{finding.result:8}{finding.subject:24}{finding.text}"
        stdout.print(line, style=style, markup=False, highlight=False, soft_wrap=True)
        if finding.remedy:
            stdout.print(f"{'':32}mend it: {finding.remedy}", markup=False, highlight=False, soft_wrap=True)
    bad = sum(not finding.is_good for finding in findings)
    end = f"{bad} of {len(findings)} checks failed for the guard" if bad else "The guard can stop the nodes"
    would = "" if guarded.mode == Mode.SCALE_TO_ZERO else f", but does not: guard.mode is {guarded.mode}"
    stdout.print(f"{end} of {guarded.cluster} in {guarded.project}{would}.", highlight=False, soft_wrap=True)


def _parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argument_parser(prog="scripts/guard-test", description=_ABOUT)
    add_stack_options(parser)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str], *, env: Mapping[str, str], stdout: Console, stderr: Console) -> Exit:
    """Run scripts/guard-test; return its exit status."""
    args = _parse_arguments(arguments)

    def command() -> None:
        guarded = load_guarded_cluster(args, env=env)
        if guarded.parts is None:
            raise SluiceError("the stack's output guard is of an earlier version; `pulumi up` writes it again")
        google = Google.signed_in(env, project=guarded.project)
        stdout.print("Asking the guard; this takes up to three minutes.", highlight=False)
        findings = check_guard(google, guarded.parts, wait_limit=WaitLimit(_WAIT_SECONDS), now=datetime.now(UTC))
        _print(findings, guarded, stdout)
        if not all(finding.is_good for finding in findings):
            raise SluiceError("the guard does not work, or could not be checked, as listed above")

    return run_command(command, program="guard-test", console=stderr)


if __name__ == "__main__":
    run(
        "guard-test",
        lambda: main(sys.argv[1:], env=os.environ, stdout=terminal.Console(), stderr=terminal.Console(stderr=True)),
    )
