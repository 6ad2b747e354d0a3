"""Takes in deposits: judged by what they say openly, on this node's chain, and kept.

Whatever changes the store is signed by itself: a deposit by a key of the member whose record it is
about. Not replicated: a deposit lies where it was put. Spec: ``docs/spec/deposits.md``.
"""

from api.deposit_store import DepositStore, KeptDeposit
from api.service import LedgerService
from contracts import standing
from contracts.overlay import Overlay
from contracts.state import State
from contracts.verdict import Times
from ledger.codes import Code
from ledger.core.deposit import Deposit, decode_deposit
from ledger.core.signing import key_id
from ledger.deposits import check_record, verify_signed
from ledger.errors import LedgerError


def take_in(service: LedgerService, store: DepositStore, data: bytes) -> KeptDeposit:
    """Judge a deposit on this node's chain, and keep it.

    Raises:
        FormatError: a `format.*` code.
        VerificationError: `signature.invalid`, `deposit.record`.
        LedgerError: `identity.key` where the key is not its author's now, `deposit.full`.
        StoreError: `record.unknown`, `file.unwritable`.
    """
    deposit = decode_deposit(data)
    header = deposit.header
    if header.network_id != service.chain.head.network_id:
        facts = {"record": header.record_id.hex(), "what": "network"}
        raise LedgerError(Code.DEPOSIT_RECORD, **facts)
    check_record(header, service.decoded(service.stored(header.record_id)))
    _check_key(service, deposit)
    verify_signed(deposit)
    return store.put(data, header)


def _check_key(service: LedgerService, deposit: Deposit) -> None:
    """The key must be in force for the author at this node's head."""
    head, issuer = service.chain.head, deposit.header.issuer
    state, as_of = State(Overlay(service.chain.state)), Times(head.log_size, head.time_ms)
    row = standing.key(state, issuer, key_id(deposit.key))
    if row is None or not row.interval.in_force(as_of.index):
        facts = {"member": issuer, "key": key_id(deposit.key).hex()[:16]}
        raise LedgerError(Code.IDENTITY_KEY, **facts)
