"""The status of a seal as a node answers it, in the form in which its use cites it.

The answer is not proven here: a use that cites a false one is refused by every node. Spec:
``docs/spec/contracts.md``.
"""

from dataclasses import dataclass
from typing import Any

from api.client.nodes import ClientError
from ledger.codes import Code
from ledger.core.canonical import Value


@dataclass(frozen=True, slots=True)
class SealStatus:
    """What a node said about a seal."""

    seal: str
    status: str
    """``valid``, ``suspended`` or ``revoked``; who uses it otherwise raises AL26."""
    height: int
    """Of the node's newest block."""
    time_ms: int
    """Time of that block."""

    def fields(self) -> dict[str, Value]:
        """The fields of a use (S12) that cite this answer."""
        return {
            "status": self.status,
            "status_height": self.height,
            "status_time_ms": self.time_ms,
        }


def seal_status(told: Any, seal: str) -> SealStatus:
    """The status that the answer to ``/v1/status/seal/…`` tells.

    Raises:
        ClientError: `api.answer` where it tells none.
    """
    try:
        (status,) = (row["value"][1] for row in told["items"] if row["in_force"])
        height, time_ms = told["height"], told["time_ms"]
    except (KeyError, TypeError, ValueError, IndexError) as problem:
        raise _wrong(repr(problem)) from problem
    if type(status) is not str or type(height) is not int or type(time_ms) is not int:
        raise _wrong("status")
    return SealStatus(seal, status, height, time_ms)


def _wrong(what: str) -> ClientError:
    return ClientError(Code.API_ANSWER, node="/v1/status", what=what)
