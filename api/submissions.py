"""One submission, as people follow it: where it stands, and all that is wrong with a refused one.

States go one way: pending, then committed with the receipt pending, then receipted; or refused. A
restart takes none of them back where the ledger knows better than the node's memory: whoever asks
names one of the bundle's records, and the bundle is found where that record stands. Spec:
``docs/spec/http.md``.
"""

from typing import TypeAlias

from api.forms import Json
from api.service import LedgerService
from consensus.fates import Committed, Pending, Refused
from contracts.faults import Faults
from ledger.core.bundle import pool_key as key_of
from ledger.core.identifiers import Digest, Height, RecordId
from ledger.errors import Rejected
from ledger.store.rows import NO_BUNDLE
from ledger.words import sentence

State: TypeAlias = Pending | Committed | Refused


def state_of(service: LedgerService, pool_key: Digest, record_id: RecordId | None) -> State:
    """What became of a bundle.

    Args:
        service: of the node that is asked.
        pool_key: of the bundle.
        record_id: one of its records, by which the ledger is asked before the node's memory.

    Raises:
        LedgerError: `api.not_found`: neither remembered nor found by its record.
    """
    # The ledger first: what entered is entered, whatever this node may have refused before.
    height = None if record_id is None else _found(service, pool_key, record_id)
    return service.outcome(pool_key) if height is None else Committed(height)


def said_of(verdict: Rejected) -> dict[str, Json]:
    """A refusal in words of both languages, with what fills them."""
    return {
        "code": verdict.code.value,
        "detail": sentence(verdict.code, verdict.detail, "en"),
        "detail_zh": sentence(verdict.code, verdict.detail, "zh"),
        "facts": dict(verdict.detail),
    }


def faults_form(faults: Faults) -> dict[str, Json]:
    """Each record at fault, by its index in the bundle; nothing where none was looked at."""
    if not faults.found:
        return {}
    records: list[Json] = [
        {"index": each.position, "record_id": each.record_id.hex(), **said_of(each.verdict)}
        for each in faults.found
    ]
    return {"records": records, "looked_at": faults.looked_at}


def _found(service: LedgerService, pool_key: Digest, record_id: RecordId) -> Height | None:
    """The height of the block that the bundle came in by; None where the record is not its."""
    found = service.chain.blocks.record_bytes(record_id)
    if found is None or found[0].ordinal == NO_BUNDLE:
        return None
    row = service.chain.blocks.bundle(found[0].height, found[0].ordinal).row
    return found[0].height if key_of(row.header, row.signature) == pool_key else None
