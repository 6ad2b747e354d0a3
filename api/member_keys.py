"""Whose key it is by which a request is signed, on this node's state now."""

from contracts import standing
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.identifiers import MemberId, PublicKey
from ledger.core.signing import key_id
from ledger.errors import LedgerError


def require_key(chain: Chain, member: MemberId, key: PublicKey) -> None:
    """Require that a key is in force for a member at this node's head.

    Raises:
        LedgerError: `identity.key`.
    """
    state, as_of = State(Overlay(chain.state)), Times(chain.head.log_size, chain.head.time_ms)
    row = standing.key(state, member, key_id(key))
    if row is None or not row.interval.in_force(as_of.index):
        facts = {"member": member, "key": key_id(key).hex()[:16]}
        raise LedgerError(Code.IDENTITY_KEY, **facts)


def is_member_now(chain: Chain, member: MemberId) -> bool:
    """Whether a member is enrolled at this node's head."""
    state, as_of = State(Overlay(chain.state)), Times(chain.head.log_size, chain.head.time_ms)
    return standing.is_member(state, member, as_of)
