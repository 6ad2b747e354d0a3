"""Whom evidence of misconduct names: the key, its node and the organisation that answers for it.

A Fault names a key, not an intent; who used the key, and why, no signature shows. Pure. Spec:
``docs/spec/misconduct.md``.
"""

from dataclasses import dataclass

from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.identifiers import Digest, MemberId, NodeId, PublicKey
from ledger.core.misconduct import FaultKind
from ledger.core.misconduct_file import MisconductFile
from ledger.core.statements import HEADS, Statement, head_in, said_in
from ledger.epoch_links import led
from ledger.errors import VerificationError
from ledger.trust import TrustRoot


@dataclass(frozen=True, slots=True)
class Told:
    """What one of the two statements says, for people."""

    word: str
    """As in `statements.Word`."""
    height: int | None
    """None for heads of the log."""
    view: int | None
    size: int | None
    """Leaves of a head; None for what is said of a slot."""
    named: Digest | None
    """Header hash, root, or digest of a view change's set; None where none is named."""


@dataclass(frozen=True, slots=True)
class Culprit:
    """What proven evidence says."""

    kind: FaultKind
    node_id: NodeId
    member_id: MemberId
    """The organisation that answers for the node."""
    key: PublicKey
    epoch: int
    first: Told
    second: Told


def verify_misconduct(file: MisconductFile, trust: TrustRoot) -> Culprit:
    """Require that two statements are a Fault by a key of the committee, and name whose.

    Raises:
        VerificationError, FormatError: as `led` and `Fault.verify`.
    """
    fault = file.fault
    committee = _committee(file, trust)
    fault.verify(trust.network_id, committee)
    node = committee.node(fault.node)
    return Culprit(
        fault.kind,
        fault.node,
        node.member_id,
        fault.first.key(node),
        fault.epoch,
        _told(fault.first),
        _told(fault.second),
    )


def _committee(file: MisconductFile, trust: TrustRoot) -> Committee:
    """The committee of the evidence's epoch, as far as trust root and links lead."""
    if file.fault.network_id != trust.network_id:
        raise VerificationError(Code.FAULT_NETWORK, network=file.fault.network_id.hex())
    epochs = led(trust, file.epochs).epochs
    committee = epochs.get(file.fault.epoch)
    if committee is None:
        known = epochs.newest.epoch
        raise VerificationError(Code.FAULT_EPOCH, found=file.fault.epoch, expected=known)
    return committee


def _told(said: Statement) -> Told:
    if said.word in HEADS:
        head = head_in(said)
        return Told(said.word.value, None, None, head.size, head.root)
    what = said_in(said)
    named = what.rest[-1]
    return Told(
        said.word.value,
        what.slot.height,
        what.slot.view,
        None,
        named if isinstance(named, bytes) else None,
    )
