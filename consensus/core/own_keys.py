"""By which of its keys a node stands in a committee: mostly its only one; while it renews, of two.

A node id alone says nothing: another process may hold the key that the committee knows by now.
Pure. Spec: ``docs/spec/committee.md``.
"""

from collections.abc import Iterable, Iterator, Sequence

from ledger.core.committee import Committee
from ledger.core.identifiers import NodeId
from ledger.core.signing import Signer


class OwnKeys:
    """The key that a node began with, and those that are to take over: one may come meanwhile."""

    def __init__(self, first: Signer, spare: Sequence[Signer] = ()) -> None:
        """`spare` is looked at anew each time; whoever adds a key does it between two steps."""
        self.first = first
        self._spare = spare

    def __iter__(self) -> Iterator[Signer]:
        yield self.first
        yield from self._spare


def key_in(committee: Committee, own: NodeId, keys: Iterable[Signer]) -> Signer | None:
    """The key by which `own` stands in `committee`; None where it does not, by any of `keys`."""
    if own not in committee:
        return None
    known = committee.node(own).node_key
    return next((each for each in keys if each.public_key == known), None)
