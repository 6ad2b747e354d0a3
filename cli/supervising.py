"""The supervisors' own affairs under seal: records that are never opened on the ledger.

Visits (X08), clues (T58) and logins (T03) are sealed like bids and committed by the same stream,
under a supervisor's key. What opens them is the sealed file itself, shown to whoever may see it.
Nothing here asks more than one node. Spec: ``docs/spec/sealed.md``.
"""

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from nacl.utils import random

from api.client import ClientError, Pending
from api.client.calls.telling import SUBJECTS
from api.client.turning import counted
from api.client.writing import WrittenRecord, new_nonce, private_record
from api.readers import readers
from cli.anchoring import RECEIPT_SUFFIX
from cli.bidding import seal_record
from cli.desk import Desk
from cli.new_files import write_private
from cli.under_seal import SEALED_SUFFIX, off_ledger
from cli.words import say
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import Digest, MemberId, RecordId, Subject
from ledger.core.receipt import Receipt
from ledger.core.record import Record, decode_record
from ledger.core.sealed_file import SealedFile
from ledger.errors import LedgerError
from ledger.presented import Presented
from ledger.sealed_files import VerifiedCommitment, verify_sealed_file
from ledger.trust import TrustRoot
from ledger.verdict import VerifiedRecord
from ledger.verify import verify_receipt

VISIT: Final = "ledger.evidence_accessed"
CLUE: Final = "tender.clue_filed"
CLOSED: Final = "tender.clue_closed"
NUMBER_FIELD: Final = "receipt"
"""Of a clue: SHA-256 of the number that its informant holds."""
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: none of them is taken for another, spoken or written by hand."""
_READ_AS: Final = str.maketrans({"I": "1", "L": "1", "O": "0", "-": "", " ": ""})
_NUMBER_LETTERS: Final = 20
"""A hundred bits: nobody tries them out against the digest."""
_PENDING_S: Final = 0.2
_PURPOSE_MAX: Final = 200
_RECORD: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visit's record says of it."""

    purpose: str
    subject: str = ""
    private: Mapping[str, Value] | None = None
    """`case` and `officer`, where they are to be proved later."""


@dataclass(frozen=True, slots=True)
class ClueStanding:
    """What is proved of the clue whose number somebody holds."""

    name: str
    """The file that holds it."""
    clue: VerifiedCommitment
    closed: tuple[VerifiedRecord, ...]
    """Each time that it was closed or handed on, as far as it was shown."""


def seal_apart(
    desk: Desk, written: WrittenRecord, committed_by: MemberId, path: Path
) -> tuple[SealedFile, str]:
    """Seal a record that is never opened on the ledger, for the supervisors' stream.

    Args:
        desk: of the author.
        written: the record; a clue without a receipt number gets one.
        committed_by: the member whose stream commits it.
        path: as for `seal_record`.

    Returns:
        What was written, and the number for the informant; empty where none was drawn. It is in
        no file: only its digest is in the record.

    Raises:
        LedgerError: `sealed.on_ledger`, or as `seal_record`.
    """
    if not off_ledger(written.record):
        raise LedgerError(Code.SEALED_ON_LEDGER, type=written.record.type)
    number = ""
    if written.record.type == CLUE and NUMBER_FIELD not in written.record.fields:
        number = new_number()
        fields = {**written.record.fields, NUMBER_FIELD: number_digest(number)}
        written = replace(written, record=replace(written.record, fields=fields))
    return seal_record(desk, written, committed_by, path), number


def read_apart(
    desk: Desk,
    records: Sequence[RecordId],
    visit: Visit,
    inbox: Path,
    out: Path,
    *,
    whole: bool = False,
) -> tuple[Path, list[Path]]:
    """Fetch receipts, and leave the visit's record in the inbox of the supervisors' stream.

    The record is there before anything is asked, so no visit goes unrecorded. What is public is
    read as the public; who reads is proved to the node only for what it shows to nobody else.

    Args:
        desk: of the supervisor; its client knows the one node that may see the request.
        records: what is wanted.
        visit: why.
        inbox: of the stream, whose member is the desk's.
        out: folder for the receipts.
        whole: everything about the visit's subject as well, as far as it is shown.

    Returns:
        The visit's sealed file and the receipts, in order.

    Raises:
        LedgerError: as `seal_record`; `record.unknown`, or that the node could not be asked.
    """
    sealed = _seal_visit(desk, records, visit, inbox)
    kept: list[Path] = []
    wanted = [*records, *(_about(desk, visit.subject) if whole else ())]
    for each in dict.fromkeys(wanted):
        path = out / f"{each.hex()}{RECEIPT_SUFFIX}"
        receipt = _receipt(desk, each)
        # One that was fetched before says less: its head is older.
        path.unlink(missing_ok=True)
        write_private(path, receipt.encode())
        kept.append(path)
    return sealed, kept


def leave_visit(desk: Desk, inbox: Path | None, what: str) -> None:
    """Record under seal that `desk`'s member looks at something, before it asks.

    Who has no inbox leaves nothing: parties read by their own right and have nobody to account to.

    Args:
        desk: of whoever looks.
        inbox: of the stream whose member is the desk's.
        what: a record's id in hex, a subject, or what is looked for otherwise.

    Raises:
        LedgerError: `supervise.unrecorded` for a founder that reads by standing right and has no
            inbox; as `seal_record`.
    """
    if inbox is None:
        if any(role in _standing_roles() for role in _founded_roles(desk)):
            raise LedgerError(Code.SUPERVISE_UNRECORDED, member=desk.member_id)
        return
    purpose = say("whole.purpose", what=what)[:_PURPOSE_MAX]
    records = [RecordId(bytes.fromhex(what))] if _RECORD.fullmatch(what) else []
    _seal_visit(desk, records, Visit(purpose, "" if records else what), inbox)


def _standing_roles() -> frozenset[str]:
    return frozenset(each.role for each in readers().standing)


def _founded_roles(desk: Desk) -> list[str]:
    """Of the desk's member, as far as it is a founder: what came later only the nodes know."""
    members = desk.trust.genesis.members
    return [
        role.name for each in members if each.member_id == desk.member_id for role in each.roles
    ]


def _seal_visit(desk: Desk, records: Sequence[RecordId], visit: Visit, inbox: Path) -> Path:
    """Leave a visit's record in the inbox, and return its file."""
    record = Record(
        type=VISIT,
        issuer=desk.member_id,
        subject=Subject(visit.subject),
        occurred_at_ms=time.time_ns() // 1_000_000,
        evidence=(),
        fields={"purpose": visit.purpose, "records": tuple(records)},
        private=None,
        refs=(),
        nonce=new_nonce(),
    )
    written = private_record(record, visit.private or {})
    name = f"visit-{record.occurred_at_ms}-{written.record.record_id.hex()[:8]}{SEALED_SUFFIX}"
    seal_record(desk, written, desk.member_id, inbox / name)
    return inbox / name


def find_clue(number: str, shown: Iterable[Presented], trust: TrustRoot) -> ClueStanding:
    """The clue with that number among files that somebody shows, and how it was closed.

    Args:
        number: as the informant holds it.
        shown: sealed files, and receipts of closings; from anyone.
        trust: from a source that the reader trusts.

    Raises:
        LedgerError: `clue.number`, `clue.unknown`.
        VerificationError: a file that would prove it does not hold.
    """
    wanted, files = number_digest(number), list(shown)
    for each in files:
        if isinstance(each.content, SealedFile) and _numbered(each.content) == wanted:
            clue = verify_sealed_file(each.content, trust)
            closed = tuple(_closings(clue.commitment.record_id, files, trust))
            return ClueStanding(each.name, clue, closed)
    raise LedgerError(Code.CLUE_UNKNOWN)


def new_number() -> str:
    """A number for an informant: ``7Q2M-…``, five groups of four."""
    letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in random(_NUMBER_LETTERS))
    return "-".join(letters[at : at + 4] for at in range(0, _NUMBER_LETTERS, 4))


def number_digest(number: str) -> Digest:
    """SHA-256 of a number's letters, as the clue's record holds it.

    Raises:
        LedgerError: `clue.number`.
    """
    letters = number.strip().upper().translate(_READ_AS)
    if len(letters) != _NUMBER_LETTERS or not set(letters) <= set(_LETTERS):
        raise LedgerError(Code.CLUE_NUMBER)
    return Digest(sha256(letters.encode()).digest())


def _about(desk: Desk, subject: str) -> Iterable[RecordId]:
    """Everything about a subject that is shown to the desk's member."""
    desk.client.read_as(desk.member_id, desk.signer)
    for each in counted(desk.client.subject(subject), SUBJECTS):
        yield RecordId(bytes.fromhex(each["record_id"]))


def _receipt(desk: Desk, record_id: RecordId) -> Receipt:
    """The receipt of a record, which may have entered a moment ago."""
    until, proved = time.monotonic() + desk.wait_s, False
    while True:
        try:
            return desk.client.receipt(record_id)
        except ClientError as refusal:
            if refusal.code is not Code.API_NOT_PUBLIC or proved:
                raise
            desk.client.read_as(desk.member_id, desk.signer)
            proved = True
        except Pending:
            if time.monotonic() > until:
                raise
            time.sleep(_PENDING_S)


def _numbered(file: SealedFile) -> Value:
    """The digest of a number that a file's record claims; None where it is no clue."""
    inner = decode_record(file.sealed.record)
    return inner.fields.get(NUMBER_FIELD) if inner.type == CLUE else None


def _closings(
    commitment: RecordId, files: Sequence[Presented], trust: TrustRoot
) -> Iterable[VerifiedRecord]:
    for each in files:
        if not isinstance(each.content, Receipt):
            continue
        record = decode_record(each.content.record)
        cited = {ref.record_id for ref in record.refs if ref.network_id is None}
        if record.type == CLOSED and commitment in cited:
            yield verify_receipt(each.content, trust)
