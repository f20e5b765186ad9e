"""Base of this program's dynamic resources, whose errors reach the user as one sentence.

Pulumi runs them in a process of their own and reports each exception with traceback.format_exc(), its stack included.
"""

import sys
import traceback

from pulumi.dynamic import ConfigureRequest, ResourceProvider

from producer.runtime.exit_status import SluiceError


class SentenceProvider(ResourceProvider):
    """A provider that reports a SluiceError by its message only; any other error is a fault in the program."""

    def configure(self, req: ConfigureRequest) -> None:
        """Called once in the process of the dynamic resources, before anything else."""
        super().configure(req)
        traceback.format_exc = _format_error


_with_stack = traceback.format_exc


def _format_error(limit: int | None = None, chain: bool = True) -> str:
    error = sys.exception()
    return str(error) if isinstance(error, SluiceError) else _with_stack(limit, chain)
