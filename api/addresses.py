"""Questions about addresses, answered to who put them on record first.

The question is a record (A11's part for looking up) that commits to what is asked; its issuer opens
it to this node, which answers from the state at its head. Nothing is answered that nobody recorded.
Spec: ``docs/spec/addresses.md``.
"""

from itertools import islice
from typing import Final

from api.forms import Json
from api.service import LedgerService
from contracts import address_certificate_rows, address_rows
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import RecordRow, Times
from ledger.codes import Code
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.openings import decode_openings, verify_opening
from ledger.errors import LedgerError

LOOKED_UP: Final = "address.looked_up"
WANTED: Final = "wanted"
FRESH_MS: Final = 600_000
"""How long a question may be asked again: afterwards it is another one, and is recorded."""
ADDRESSES_MAX: Final = 100
CERTIFICATES_MAX: Final = 100
"""Of one address."""


def look_up(service: LedgerService, caller: MemberId, data: bytes, at_ms: int) -> dict[str, Json]:
    """The answer to a recorded question.

    Args:
        service: of this node.
        caller: who proved itself.
        data: the openings file of the question, its one field among them.
        at_ms: by this node's clock.

    Raises:
        FormatError: a `format.*` code.
        LedgerError: `address.lookup` for another's question, an old one, or none.
        StoreError: `record.unknown`.
        VerificationError: `opening.invalid`, `opening.absent`.
    """
    shown = decode_openings(data).only((WANTED,))
    stored = service.stored(shown.record_id)
    record = service.decoded(stored)
    if record.type != LOOKED_UP or record.issuer != caller:
        raise _refused(shown.record_id, "issuer")
    if at_ms - stored.entry.block_time_ms > FRESH_MS:
        raise _refused(shown.record_id, f"> {FRESH_MS // 1000} s")
    (opening,) = shown.openings
    verify_opening(record, opening)
    head = service.chain.head
    state, as_of = State(Overlay(service.chain.state)), Times(head.log_size, head.time_ms)
    wanted, by = str(opening.value), str(record.fields["by"])
    found = [wanted]
    if by == "owner":
        found = list(address_rows.owned_by(state, wanted, ADDRESSES_MAX + 1))
    return {
        "question": shown.record_id.hex(),
        "by": by,
        "height": head.height,
        "time_ms": head.time_ms,
        "addresses": [_address(state, each, as_of) for each in found[:ADDRESSES_MAX]],
        "truncated": len(found) > ADDRESSES_MAX,
    }


def _address(state: State, address: str, as_of: Times) -> dict[str, Json]:
    """What stands of one address at the head."""
    standing = address_certificate_rows.standing_at(state, address, as_of)
    rows = list(islice(standing, CERTIFICATES_MAX + 1))
    held = [_certificate(state, record_id, as_of) for record_id, _ in rows[:CERTIFICATES_MAX]]
    return {
        "address": address,
        "recoded_to": address_rows.recoded(state, address),
        "certificates": [each for each in held if each],
        "truncated": len(rows) > CERTIFICATES_MAX,
    }


def _certificate(state: State, record_id: RecordId, as_of: Times) -> dict[str, Json]:
    """One certificate that nobody revoked; empty where it never took effect."""
    row = address_certificate_rows.certificate(state, record_id)
    kept = state.record(record_id)
    if row is None or kept is None:
        return {}
    lacks = address_certificate_rows.lacking(state, record_id, as_of, as_of.time_ms)
    return {
        "record_id": record_id.hex(),
        "kind": row.kind,
        "applicant": row.applicant,
        "use": _said(kept, "use"),
        "route": _said(kept, "route"),
        "list_version": row.list_version,
        "until_ms": row.until_ms,
        "valid": lacks is None,
        "lacks": lacks,
        "called": address_certificate_rows.called_by(state, record_id) is not None,
    }


def _said(row: RecordRow, name: str) -> Json:
    said = row.kept.get(name)
    return None if said is None else str(said)


def _refused(record_id: RecordId, what: str) -> LedgerError:
    return LedgerError(Code.ADDRESS_LOOKUP, record=record_id.hex(), what=what)
