"""Java stack traces, as Kafka Connect reports them: first line, innermost cause, its message.

sluice/cluster/operator_log.py does not use it: there a trace is some lines of a log, read line by line.
"""

import re

NO_REASON = "Connect gives no reason"
"""Shown where Connect reports a failure without a trace."""
_CAUSE = "Caused by: "
_EXCEPTION = re.compile(r"^(?:[\w$]+\.)+([\w$]+(?:Exception|Error))(?:: |$)")


def first_line(trace: str | None) -> str | None:
    """Return the first line of a trace: the outermost exception; None where there is no trace."""
    lines = (trace or "").strip().splitlines()
    return lines[0].strip() if lines else None


def innermost_cause(trace: str | None) -> str | None:
    """Return the last `Caused by:` of a trace, class and message; None where no exception wraps another."""
    causes = [line for line in (trace or "").splitlines() if line.startswith(_CAUSE)]
    return causes[-1].removeprefix(_CAUSE).strip() if causes else None


def innermost_message(trace: str) -> str:
    """Return the message of the innermost exception of a trace, without its class.

    Of an exception without a message, that of the exception around it; where none has one, the bare class name.
    NO_REASON for an empty trace.
    """
    lines = [line.removeprefix(_CAUSE).strip() for line in trace.splitlines() if not line.startswith("\t")]
    exceptions = [line for line in lines if line and not line.startswith("...")]
    last = next((line for line in reversed(exceptions) if _EXCEPTION.match(line)), exceptions[0] if exceptions else "")
    match = _EXCEPTION.match(last)
    message = last[match.end() :].strip() if match else last
    if match and not message:
        outer = next((line for line in reversed(exceptions) if _EXCEPTION.sub("", line).strip()), "")
        return _EXCEPTION.sub("", outer).strip().rstrip(".") or match[1]
    return message.rstrip(".") or NO_REASON
