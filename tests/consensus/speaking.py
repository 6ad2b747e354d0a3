"""What a key says, whoever holds it: the one place where tests sign the words of a replica."""

from dataclasses import replace
from typing import Final, TypeVar

from consensus.core.messages import (
    NewView,
    Phase,
    PreparedCertificate,
    Status,
    ViewChange,
    Vote,
)
from ledger.core.certificate import Slot, vote_body
from ledger.core.hashing import Tag
from ledger.core.identifiers import HeaderHash, NodeId
from ledger.core.signing import Signer, sign_tagged

Word = TypeVar("Word", ViewChange, NewView, Status)
_TAGS: Final = {ViewChange: Tag.VIEW_CHANGE, NewView: Tag.NEW_VIEW, Status: Tag.STATUS}


def signed(signer: Signer, word: Word) -> Word:
    """The word with the signature of this key, whatever name stands on it."""
    return replace(word, signature=sign_tagged(signer, _TAGS[type(word)], word.body))


def signed_vote(
    signer: Signer, phase: Phase, slot: Slot, header_hash: HeaderHash, node: NodeId
) -> Vote:
    """A Prepare or a Commit in the name of `node`."""
    body = vote_body(slot, header_hash)
    return Vote(phase, slot, header_hash, node, sign_tagged(signer, phase.tag, body))


def signed_change(
    signer: Signer,
    slot: Slot,
    parent: HeaderHash,
    node: NodeId,
    proof: PreparedCertificate | None = None,
) -> ViewChange:
    """A view change in the name of `node`; without a proof it says that nothing was prepared."""
    view, hashed = (None, None) if proof is None else (proof.slot.view, proof.header_hash)
    return signed(signer, ViewChange(slot, parent, view, hashed, node, b"", proof))
