"""What ends a command early, and the exit code it ends with.

A failure carries a code of `ledger/codes.py` and says its sentence, never a trace.
"""

from enum import IntEnum

from ledger.codes import Code
from ledger.errors import DetailValue, LedgerError


class Exit(IntEnum):
    """Exit codes of every command."""

    OK = 0
    REFUSED = 1
    """The ledger or a check said no: a refusal, a proof that does not hold."""
    USAGE = 2
    """The command line or a file of the person is not as it must be."""
    UNAVAILABLE = 3
    """A node, a port, the disk or the time did not allow it; try again."""
    BROKEN = 4
    """Our own promise does not hold; the node stopped before harm was done."""
    CHANGED = 5
    """Something that is watched is not as it was anchored."""
    NOT_IN_EFFECT = 6
    """What was proved holds, and nodes say that it was revoked, replaced or voided since."""
    INTERRUPTED = 130
    """Ctrl-C."""


class CommandError(LedgerError):
    """A command cannot do what it was asked for."""

    def __init__(self, exit_code: Exit, code: Code, **detail: DetailValue) -> None:
        super().__init__(code, **detail)
        self.exit_code = exit_code
