"""One request at a time lies on the counter until a person consents, declines or is late.

What was shown is what is signed: a record gets its nonce and its salts when it is laid down, and
only the times of the bundle's header are of the moment of consent. Knows no HTTP.
"""

import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from api.client import sign_bundle
from api.client.function_points import with_point
from api.client.writing import WrittenRecord, new_nonce, private_record
from api.schemas.wished import Wish, WishedLogin, WishedRecord
from api.token import LIFE_S_MAX, audience_of, make_token
from cli.desk import LIFE_MS
from cli.local_signer.audit import Audit
from cli.local_signer.pairing import Pairings
from cli.under_seal import check_not_sealed
from contracts.shape import check_shape
from contracts.tables import Catalogue
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import MemberId, NodeId
from ledger.core.openings import Openings
from ledger.core.record import Record, decode_record
from ledger.core.signing import Signer, key_id
from ledger.errors import LedgerError, Rejected
from ledger.trust import TrustRoot

LIFE_OF_REQUEST_MS: Final = 180_000
"""How long a person has to read and decide."""
LOGIN_MS: Final = 900_000
"""How long a page that was consented to may renew its login without asking again."""
DONE_MAX: Final = 16
"""Decided requests whose answers are kept for the pages that ask for them."""


class State(StrEnum):
    """What became of a request."""

    WAITING = "waiting"
    SIGNED = "signed"
    DECLINED = "declined"
    EXPIRED = "expired"


@dataclass(slots=True)
class Request:
    """What a page asked for."""

    ticket: str
    origin: str
    until_ms: int
    written: tuple[WrittenRecord, ...] = ()
    private: tuple[Mapping[str, Value], ...] = ()
    """Of each record, the values behind its commitment."""
    login: NodeId | None = None
    state: State = State.WAITING
    answer: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose key it is."""

    member_id: MemberId
    signer: Signer
    trust: TrustRoot
    catalogue: Catalogue
    logins: frozenset[str]
    """Origins that may ask for a login: the member's own nodes, and those that it named."""


class Counter:
    """Requests, one at a time, and the logins that were consented to."""

    def __init__(self, holder: Holder, pairings: Pairings, audit: Audit) -> None:
        self.holder = holder
        self._pairings, self._audit = pairings, audit
        self._requests: OrderedDict[str, Request] = OrderedDict()
        self._logins: dict[tuple[str, NodeId], int] = {}

    @property
    def logins(self) -> tuple[tuple[str, NodeId, int], ...]:
        """Pages that may renew a login: origin, node, and until when."""
        return tuple((*page, until) for page, until in self._logins.items())

    def waiting(self, now_ms: int) -> Request | None:
        """The request that nobody has decided yet."""
        for each in self._requests.values():
            if each.state is State.WAITING and now_ms >= each.until_ms:
                self._end(each, State.EXPIRED, now_ms)
            if each.state is State.WAITING:
                return each
        return None

    def lay(self, origin: str, wish: Wish, now_ms: int) -> Request:
        """Lay a request down; one for a login that was consented to is answered at once.

        Raises:
            LedgerError: `signer.busy`, `signer.login`, `sealed.only`, a `record.*` code.
            FormatError: a record that is none.
        """
        if isinstance(wish, WishedLogin):
            return self._lay_login(origin, NodeId(wish.node_id), now_ms)
        self._check_free(now_ms)
        made = [self._written(each) for each in wish]
        private = tuple(each.private for each in wish)
        request = self._new(origin, now_ms)
        request.written, request.private = tuple(made), private
        return self._keep(request)

    def of(self, ticket: str, origin: str, now_ms: int) -> Request:
        """A page's own request.

        Raises:
            LedgerError: `signer.ticket`.
        """
        self.waiting(now_ms)
        request = self._requests.get(ticket)
        if request is None or request.origin != origin:
            raise LedgerError(Code.SIGNER_TICKET)
        return request

    def decide(self, ticket: str, now_ms: int, *, consent: bool) -> None:
        """A person's word about the request that waits.

        Raises:
            LedgerError: `signer.ticket` for one that waits no longer.
            StoreError: `file.unwritable`; nothing is signed then.
        """
        request = self.waiting(now_ms)
        if request is None or request.ticket != ticket:
            raise LedgerError(Code.SIGNER_TICKET)
        if not consent:
            self._end(request, State.DECLINED, now_ms)
        elif request.login is not None:
            self._logins[request.origin, request.login] = now_ms + LOGIN_MS
            self._log_in(request, request.login, now_ms)
        else:
            self._sign(request, now_ms)
        self._pairings.decided(request.origin, consent=consent)

    def withdraw(self, origin: str, now_ms: int) -> None:
        """End whatever an origin waits for, and its logins."""
        request = self.waiting(now_ms)
        if request is not None and request.origin == origin:
            self._end(request, State.DECLINED, now_ms)
        for page in [each for each in self._logins if each[0] == origin]:
            del self._logins[page]

    def _lay_login(self, origin: str, node: NodeId, now_ms: int) -> Request:
        if origin not in self.holder.logins:
            raise LedgerError(Code.SIGNER_LOGIN, origin=origin)
        request = self._new(origin, now_ms)
        request.login = node
        if now_ms < self._logins.get((origin, node), 0):
            self._log_in(request, node, now_ms)
        else:
            self._check_free(now_ms)
        return self._keep(request)

    def _check_free(self, now_ms: int) -> None:
        other = self.waiting(now_ms)
        if other is not None:
            raise LedgerError(Code.SIGNER_BUSY, origin=other.origin)

    def _new(self, origin: str, now_ms: int) -> Request:
        return Request(secrets.token_hex(16), origin, now_ms + LIFE_OF_REQUEST_MS)

    def _keep(self, request: Request) -> Request:
        self._requests[request.ticket] = request
        while len(self._requests) > DONE_MAX:
            self._requests.popitem(last=False)
        return request

    def _written(self, wish: WishedRecord) -> WrittenRecord:
        """The record as it would be signed, held against its type."""
        record = Record(
            wish.type,
            self.holder.member_id,
            wish.subject,
            wish.occurred_at_ms,
            wish.evidence,
            with_point(wish.type, wish.fields),
            None,
            wish.refs,
            new_nonce(),
        )
        written = private_record(record, wish.private)
        record = written.record
        decode_record(record.encode(), self.holder.trust.genesis.parameters)
        kind = self.holder.catalogue.types.get(record.type)
        if kind is None:
            raise LedgerError(Code.RECORD_TYPE, type=record.type)
        check_not_sealed([record])
        refusal = check_shape(record, kind, self.holder.catalogue.common)
        if isinstance(refusal, Rejected):
            raise LedgerError(refusal.code, **refusal.detail)
        return written

    def _sign(self, request: Request, now_ms: int) -> None:
        holder, records = self.holder, [each.record for each in request.written]
        self._note(request, "signed", now_ms, records)
        bundle = sign_bundle(
            holder.signer,
            holder.trust.network_id,
            holder.member_id,
            [each.encode() for each in records],
            now_ms,
            now_ms + LIFE_MS,
        )
        request.answer = {
            "bundle": bundle.encode(),
            "record_ids": [each.record_id.hex() for each in records],
            "openings": [_openings(each) for each in request.written],
        }
        request.state = State.SIGNED

    def _log_in(self, request: Request, node: NodeId, now_ms: int) -> None:
        self._note(request, "login", now_ms, ())
        audience = audience_of(self.holder.trust.network_id, node)
        token = make_token(self.holder.signer, self.holder.member_id, audience, now_ms)
        request.answer = {"token": token, "until_s": now_ms // 1000 + LIFE_S_MAX}
        request.state = State.SIGNED

    def _end(self, request: Request, state: State, now_ms: int) -> None:
        request.state = state
        self._note(request, state.value, now_ms, [each.record for each in request.written])

    def _note(self, request: Request, became: str, now_ms: int, records: Sequence[Record]) -> None:
        self._audit.add(
            {
                "time_ms": now_ms,
                "became": became,
                "origin": request.origin,
                "node": request.login,
                "key": key_id(self.holder.signer.public_key).hex(),
                "records": [
                    {"type": each.type, "subject": each.subject, "id": each.record_id.hex()}
                    for each in records
                ],
            }
        )


def _openings(written: WrittenRecord) -> str | None:
    """What the author must keep of a record's private fields, as a file; None where it has none."""
    if not written.openings:
        return None
    return Openings(written.record.record_id, written.openings).encode().decode()
