"""How far a snapshot has come in, and what became of those who were asked: facts, for people."""

from dataclasses import dataclass

from ledger.core.identifiers import Height, NodeId


@dataclass(frozen=True, slots=True)
class SnapshotProgress:
    """How far a snapshot has come in, for people."""

    height: Height
    """0 while none was chosen yet."""
    chunks_count: int
    chunks_total: int
    donors: tuple[NodeId, ...]
    """Who may be asked for more."""
    liars: tuple[NodeId, ...]
    """Who gave what does not hold, and is not asked any more."""
    silent: tuple[NodeId, ...]
    """Who left the last request for a chunk unanswered; asked again after a rest."""
    finished: bool
    """It is whole; the node begins anew with it."""
