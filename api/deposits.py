"""Takes in deposits: judged by what they say openly, on this node's chain, and kept.

Whatever changes the store is signed by itself: a deposit by a key of the member whose record it is
about. Not replicated: a deposit lies where it was put. Spec: ``docs/spec/deposits.md``.
"""

from api.deposit_store import DepositStore, KeptDeposit
from api.member_keys import require_key
from api.service import LedgerService
from ledger.codes import Code
from ledger.core.deposit import decode_deposit
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
    require_key(service.chain, header.issuer, deposit.key)
    verify_signed(deposit)
    return store.put(data, header)
