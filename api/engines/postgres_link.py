"""How a process is connected with a PostgreSQL that holds an index, and what errors become."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from ledger.codes import Code
from ledger.core.identifiers import Digest, Height, NetworkId
from ledger.errors import LedgerError

CONNECT_S: Final = 3
STATEMENT_MS_MAX: Final = 2_000
"""A question that takes longer is cancelled; the node's own rows answer it."""
_SILENT_MS_MAX: Final = 4_000
_REASON_MAX: Final = 200


class IndexUnusable(LedgerError):  # noqa: N818 - what an index is just now, and nobody's mistake
    """An index does not answer, or must not be asked: `index.*`."""


@dataclass(frozen=True, slots=True)
class IndexPosition:
    """How far an index has come; written with the rows themselves."""

    network_id: NetworkId
    height: Height
    """Of the newest block in it; 0 before the first."""
    log_root: Digest
    """After that block."""
    is_built: bool
    """Whether it has once come to where its projector's ledger was."""
    fault: str
    """What contradicts the log; empty where nothing was found."""


def arguments(*, reads: bool) -> dict[str, Any]:
    """What `psycopg` is told beside the URL.

    Args:
        reads: a reader's connection may not write, and its questions have a time.
    """
    # Skewed values want a plan of their own, so nothing is planned once for all.
    shared: dict[str, Any] = {
        "autocommit": True,
        "prepare_threshold": None,
        "connect_timeout": CONNECT_S,
        "keepalives_idle": CONNECT_S,
        "tcp_user_timeout": _SILENT_MS_MAX,
        "application_name": "bidwitness",
    }
    # What is lost when the server falls is written again: the position stands in the same rows.
    options = "-c synchronous_commit=off"
    if reads:
        # All that one answer rests on is read at one moment.
        options = (
            "-c default_transaction_isolation=repeatable\\ read"
            f" -c default_transaction_read_only=on -c statement_timeout={STATEMENT_MS_MAX}"
        )
    return shared | {"options": options}


@contextmanager
def translated() -> Iterator[None]:
    """Raises `index.unanswered`, with the first line of what the connection or the server said."""
    try:
        yield
    except psycopg.Error as problem:
        reason = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        raise IndexUnusable(Code.INDEX_UNANSWERED, reason=reason[:_REASON_MAX]) from problem
