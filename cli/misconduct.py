"""Evidence against a committee key as a file, and as the record that puts it on the ledger."""

from pathlib import Path
from typing import Final

from api.client.writing import WrittenRecord, new_nonce
from cli.documents import write_result
from cli.words import language
from consensus.evidence import file_name
from ledger.core.identifiers import MemberId, Subject
from ledger.core.misconduct import Fault
from ledger.core.misconduct_file import MisconductFile
from ledger.core.record import Record
from ledger.culprit import verify_misconduct
from ledger.trust import TrustRoot
from ledger.words.verdict import phrase

TYPE: Final = "ledger.misconduct"


def record_of(fault: Fault, member: MemberId, issuer: MemberId, now_ms: int) -> WrittenRecord:
    """The record of a Fault.

    Args:
        fault: the evidence.
        member: who answers for the accused node.
        issuer: who brings it.
        now_ms: when it is brought.
    """
    record = Record(
        type=TYPE,
        issuer=issuer,
        subject=Subject(member),
        occurred_at_ms=now_ms,
        evidence=(),
        fields={
            "node": fault.node,
            "fault": fault.kind.value,
            "epoch": fault.epoch,
            "proof": fault.encode(),
        },
        private=None,
        refs=(),
        nonce=new_nonce(),
    )
    return WrittenRecord(record, ())


def write_evidence(folder: Path, file: MisconductFile) -> Path:
    """Write evidence into a folder under the name that says whose it is.

    Raises:
        CommandError: `file.unwritable`.
    """
    path = folder / file_name(file.fault)
    write_result(path, file.encode())
    return path


def sentence_of(file: MisconductFile, trust: TrustRoot) -> str:
    """Who did what, in a line.

    Raises:
        VerificationError, FormatError: as `verify_misconduct`: it proves nothing.
    """
    culprit = verify_misconduct(file, trust)
    member = trust.member_name(culprit.member_id, language())
    who = phrase("misconduct.culprit_value", language(), node=culprit.node_id, member=member)
    return f"{who} {phrase(f'misconduct.kinds.{culprit.kind}', language())}"
