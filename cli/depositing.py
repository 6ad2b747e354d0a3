"""Deposits of openings: a member makes them, and it or a supervisor opens them again.

A recipient believes neither the store nor the depositor: the record is proved by its receipt, and
what comes out of a deposit must open it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from nacl.public import PrivateKey
from nacl.utils import random

from api.client import Client, ClientError, Pending
from cli.deposit_store import Stored
from cli.desk import Desk
from cli.new_files import write_private
from ledger.codes import Code
from ledger.core.deposit import (
    CONTENT_KEY_BYTES,
    NONCE_BYTES,
    Deposit,
    Recipient,
    decode_deposit,
)
from ledger.core.identifiers import MemberId, RecordId
from ledger.core.openings import Openings
from ledger.core.receipt import Receipt
from ledger.deposits import is_by_author, make_deposit, open_deposit, verify_signed
from ledger.errors import FormatError, LedgerError, StoreError, VerificationError
from ledger.trust import TrustRoot
from ledger.verify import verify_receipt

SUPERVISOR: Final = "supervisor"
RECEIPT_WAIT_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Collected:
    """What became of one deposit."""

    path: Path
    deposit: Deposit | None
    """None where the file is none."""
    opened: Openings | None = None
    """With the record's receipt; None where it could not be opened."""
    problem: LedgerError | None = None
    by_author: bool = False
    """The key that signed the record signed the deposit: a deposit that lies is its author's."""

    @property
    def is_for_others(self) -> bool:
        """Nothing is wrong with it: it is meant for somebody else."""
        return self.problem is not None and self.problem.code is Code.DEPOSIT_RECIPIENT


def supervisors(trust: TrustRoot) -> list[MemberId]:
    """The founders that supervise, whatever their scope."""
    return [
        each.member_id
        for each in trust.genesis.members
        if any(role.name == SUPERVISOR for role in each.roles)
    ]


def recipients(client: Client, own: MemberId, named: Sequence[str]) -> list[Recipient]:
    """The member itself and whom it named, else the supervisors among the founders.

    Raises:
        ClientError: `deposit.no_key`, `deposit.no_supervisor`, or as `encryption_key_of`.
    """
    others = [MemberId(each) for each in named] or supervisors(client.trust)
    if not others:
        raise ClientError(Code.DEPOSIT_NO_SUPERVISOR)
    members = dict.fromkeys((own, *others))
    return [client.encryption_key_of(each) for each in members]


def deposit_openings(desk: Desk, openings: Openings, whom: Sequence[Recipient]) -> Deposit:
    """The deposit of a record's openings, under the member's key.

    Raises:
        VerificationError: the openings are of another member's record or do not open it.
        LedgerError: the record's receipt is not to be had.
    """
    receipt = desk.client.witnessed_receipt(openings.record_id, None, RECEIPT_WAIT_S)
    record = verify_receipt(receipt, desk.trust).record
    if record.issuer != desk.member_id:
        facts = {"record": openings.record_id.hex(), "what": "issuer"}
        raise VerificationError(Code.DEPOSIT_RECORD, step=0, **facts)
    randomness = random(CONTENT_KEY_BYTES + NONCE_BYTES)
    return make_deposit(openings, record, desk.network_id, whom, desk.signer, randomness)


class Collector:
    """Opens deposits with one member's keys."""

    def __init__(self, client: Client, member: MemberId, secret_keys: Sequence[bytes]) -> None:
        self._client = client
        self._member = member
        self._secret_keys = secret_keys
        self._receipts: dict[RecordId, Receipt] = {}

    def collect(
        self, found: Iterator[Stored | tuple[Path, FormatError]], only: RecordId | None
    ) -> Iterator[Collected]:
        """What each deposit holds; with `only`, those of one record.

        Raises:
            LedgerError: no node could be asked.
        """
        for each in found:
            if isinstance(each, tuple):
                yield Collected(each[0], None, problem=each[1])
                continue
            try:
                deposit = decode_deposit(each.data)
            except FormatError as problem:
                yield Collected(each.path, None, problem=problem)
                continue
            if only is None or deposit.header.record_id == only:
                yield self._collected(each.path, deposit)

    def _collected(self, path: Path, deposit: Deposit) -> Collected:
        """Open one, under whichever of the keys it was made for."""
        try:
            if deposit.header.network_id != self._client.trust.network_id:
                raise VerificationError(
                    Code.DEPOSIT_RECORD, record=deposit.header.record_id.hex(), what="network"
                )
            secret_key = self._key_for(path, deposit)
            verify_signed(deposit)
            receipt = self._receipt(deposit.header.record_id)
        except (VerificationError, Pending) as problem:
            return Collected(path, deposit, problem=problem)
        except ClientError as problem:
            if problem.code is not Code.RECORD_UNKNOWN:
                raise
            return Collected(path, deposit, problem=problem)
        by_author = is_by_author(deposit, receipt)
        record = verify_receipt(receipt, self._client.trust).record
        try:
            opened = open_deposit(deposit, secret_key, record)
        except VerificationError as problem:
            return Collected(path, deposit, problem=problem, by_author=by_author)
        whole = replace(opened, receipt=receipt)
        return Collected(path, deposit, whole, by_author=by_author)

    def _key_for(self, path: Path, deposit: Deposit) -> bytes:
        """The key that it was made for; asked first, so that no node learns of the others."""
        whom = deposit.header.recipients
        named = {each.encryption_key for each in whom}
        for secret_key in self._secret_keys:
            if bytes(PrivateKey(secret_key).public_key) in named:
                return secret_key
        facts = {"path": str(path), "recipients": ", ".join(each.member_id for each in whom)}
        raise VerificationError(Code.DEPOSIT_RECIPIENT, step=0, member=self._member, **facts)

    def _receipt(self, record_id: RecordId) -> Receipt:
        if record_id not in self._receipts:
            self._receipts[record_id] = self._client.receipt(record_id)
        return self._receipts[record_id]


def keep(folder: Path, collected: Collected) -> Path | None:
    """Write what was opened; None where the very same lies there already.

    Raises:
        StoreError: `file.exists` where another file has the name, `file.unwritable`.
    """
    if collected.opened is None:
        return None
    data = collected.opened.encode()
    path = folder / f"{collected.path.name[:16]}.openings.json"
    try:
        write_private(path, data)
    except StoreError as problem:
        if problem.code is not Code.FILE_EXISTS or path.read_bytes() != data:
            raise
        return None
    return path
