"""Who is asking: a member, by a token under one of its keys, judged on the chain's state *now*.

A token is good for one node and a minute. Sent again within it, it reads the same again and does
nothing else: it authorises reading only. Nothing is remembered of a caller between two requests.
Spec: ``docs/spec/identity.md``.
"""

from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Request

from api.clock import now_ms
from api.service import LedgerService
from api.token import LEEWAY_S, Claims, audience_of, read_token, verify_token
from contracts import standing
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.identifiers import MemberId
from ledger.errors import LedgerError

OBSERVER: Final = "observer"
"""The role of a member whose node follows the committee's blocks."""
_SCHEME: Final = "bearer"


@dataclass(frozen=True, slots=True)
class Caller:
    """A member that proved itself for this request."""

    member_id: MemberId
    _chain: Chain

    @property
    def runs_a_node(self) -> bool:
        """Whether the member answers for a node of the committee."""
        return any(node.member_id == self.member_id for node in self._chain.committee.nodes)

    def has_role(self, role: str) -> bool:
        """Whether the member holds a role now, whatever its scope."""
        rows = standing.grants(_state(self._chain), self.member_id, role)
        index = self._chain.head.log_size
        return any(row.interval.in_force(index) for row in rows)

    def require_observer(self) -> None:
        """Require the right to follow the blocks: an observer's, or a node's organisation's.

        Raises:
            LedgerError: `identity.role`.
        """
        if not self.has_role(OBSERVER) and not self.runs_a_node:
            raise LedgerError(Code.IDENTITY_ROLE, member=self.member_id, role=OBSERVER)


def caller_of(authorization: str | None, chain: Chain, node_id: str, at_ms: int) -> Caller:
    """Who asks the node `node_id`, by the value of an `Authorization` header.

    Args:
        authorization: the header's value; None where there is none.
        chain: says which members and keys are in force.
        node_id: of the node that is asked.
        at_ms: the present.

    Raises:
        LedgerError: `identity.missing`, `.token`, `.audience`, `.time`, `.key`, `.signature`.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != _SCHEME or not token:
        raise LedgerError(Code.IDENTITY_MISSING)
    claims = read_token(token)
    expected = audience_of(chain.head.network_id, node_id)
    if claims.audience != expected:
        facts = {"found": claims.audience[:100], "expected": expected}
        raise LedgerError(Code.IDENTITY_AUDIENCE, **facts)
    _check_time(claims, at_ms // 1000)
    state, as_of = _state(chain), Times(chain.head.log_size, chain.head.time_ms)
    row = standing.key(state, claims.member_id, claims.key_id)
    in_force = row is not None and row.interval.in_force(as_of.index)
    if row is None or not in_force or not standing.is_member(state, claims.member_id, as_of):
        facts = {"member": claims.member_id, "key": claims.key_id.hex()[:16]}
        raise LedgerError(Code.IDENTITY_KEY, **facts)
    verify_token(token, row.public_key)
    return Caller(claims.member_id, chain)


def _check_time(claims: Claims, now_s: int) -> None:
    if not claims.issued_s - LEEWAY_S <= now_s < claims.expires_s + LEEWAY_S:
        facts = {"issued": claims.issued_s, "expires": claims.expires_s, "now": now_s}
        raise LedgerError(Code.IDENTITY_TIME, **facts)


def _state(chain: Chain) -> State:
    return State(Overlay(chain.state))


def asking(request: Request) -> Caller | None:
    """Who asks; None for a request without a token.

    A token that does not hold is refused on every route: whoever sends one is never answered as if
    it were somebody else.

    Raises:
        LedgerError: as `caller_of`.
    """
    return _caller(request) if "authorization" in request.headers else None


async def _identified(request: Request) -> Caller:
    return _caller(request)


def _caller(request: Request) -> Caller:
    service: LedgerService = request.app.state.service
    given = request.headers.get("authorization")
    return caller_of(given, service.chain, service.node.status.node_id, now_ms())


Identified: TypeAlias = Annotated[Caller, Depends(_identified)]
"""A route that names this is for members that prove themselves."""
