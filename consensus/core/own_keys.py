"""By which of its keys a node stands in a committee: mostly its only one; while it renews, of two.

A node id alone says nothing: another process may hold the key that the committee knows by now.
Pure. Spec: ``docs/spec/committee.md``.
"""

from collections.abc import Sequence

from ledger.core.committee import Committee
from ledger.core.identifiers import NodeId
from ledger.core.signing import Signer


def key_in(committee: Committee, own: NodeId, keys: Sequence[Signer]) -> Signer | None:
    """The key by which `own` stands in `committee`; None where it does not, by any of `keys`."""
    if own not in committee:
        return None
    known = committee.node(own).node_key
    return next((each for each in keys if each.public_key == known), None)
