"""Records of other centres' ledgers that a record cites, as far as the reader can follow them.

A citation is followed where the receipt of the cited record is among the presented files and holds
under its own network's trust root. That it is not at hand takes nothing from the record that cites.
Spec: ``docs/spec/verifying.md``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ledger.core.identifiers import NetworkId, RecordId
from ledger.core.record import Record
from ledger.reliance import Reliance
from ledger.verdict import VerifiedRecord


class Standing(StrEnum):
    """What is known of a cited record; sentences are in `ledger/words`."""

    FOLLOWED = "followed"
    """Its receipt was presented, and holds."""
    ABSENT = "absent"
    """Its network is trusted, and its receipt was not presented."""
    UNTRUSTED = "untrusted"
    """The reader has no trust root of its network."""
    REFUSED = "refused"
    """Its receipt was presented, and does not hold."""


@dataclass(frozen=True, slots=True)
class Citation:
    """One record on another ledger that a verified record cites."""

    relation: str
    record_id: RecordId
    network_id: NetworkId
    standing: Standing
    network: str
    """Name of the other network, where it is trusted."""
    file: str
    """The presented file that proves or fails to prove it, else empty."""
    record: VerifiedRecord | None = None
    """What is proved of it, where it was followed."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A presented receipt of some network, and what became of it."""

    file: str
    verdict: VerifiedRecord | None
    """None where it was refused."""


def citations_of(
    record: Record,
    own: NetworkId,
    shown: Mapping[tuple[NetworkId, RecordId], Shown],
    reliance: Reliance,
) -> tuple[Citation, ...]:
    """The citations of other ledgers in a verified record, in its order.

    Args:
        record: verified.
        own: its network.
        shown: every presented receipt by the network and the record that it says to be of.
        reliance: of the reader.
    """
    foreign = (ref for ref in record.refs if ref.network_id not in (None, own))
    found: list[Citation] = []
    for ref in foreign:
        if ref.network_id is None:
            continue
        root = reliance.known(ref.network_id)
        held = shown.get((ref.network_id, ref.record_id))
        standing, verdict = _standing(root is not None, held)
        name = "" if root is None else root.genesis.name
        file = "" if held is None or root is None else held.file
        found.append(
            Citation(ref.relation, ref.record_id, ref.network_id, standing, name, file, verdict)
        )
    return tuple(found)


def unfollowed(citations: Sequence[Citation]) -> bool:
    """Whether a reader must be told that some cited record was not proved."""
    return any(each.standing is not Standing.FOLLOWED for each in citations)


def _standing(trusted: bool, held: Shown | None) -> tuple[Standing, VerifiedRecord | None]:
    if not trusted:
        return Standing.UNTRUSTED, None
    if held is None:
        return Standing.ABSENT, None
    if held.verdict is None:
        return Standing.REFUSED, None
    return Standing.FOLLOWED, held.verdict
