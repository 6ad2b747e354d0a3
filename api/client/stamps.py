"""A stamped document, checked in one call: every line with the proof that it rests on.

A node only says where to look; what a line says is proved on this side, by receipts and by answers
under cosigned heads. A line that nobody can judge here says so. Spec: ``docs/seals.md``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, cast

from api.client.client import Client
from api.client.nodes import ClientError
from api.client.seals import seal_row
from ledger.codes import Code
from ledger.core.batch import BatchProof, DocumentDigest
from ledger.core.canonical import Value
from ledger.core.identifiers import RecordId
from ledger.core.receipt import Receipt
from ledger.core.record import Record
from ledger.core.status_answer import StatusAnswer
from ledger.disclosures import verify_batch_proof
from ledger.errors import LedgerError
from ledger.status_answers import Standing, StatusVerdict
from ledger.verdict import VerifiedRecord
from ledger.verify import verify_receipt

SINGLE: Final = "seal.used"
BATCH: Final = "seal.used_in_batch"
Proof = Receipt | BatchProof | StatusAnswer


class Holds(StrEnum):
    """How a line stands."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    """Nobody can judge it from here."""


class About(StrEnum):
    """What is asked of a stamped document, in this order."""

    ANCHORED = "anchored"
    SEAL = "seal"
    STATUS = "status"
    AUTHORISED = "authorised"
    BATCH = "batch"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Line:
    """One question, answered."""

    about: About
    holds: Holds
    why: str
    """Which of the sentences of ``stamp.ABOUT.WHY`` tells it."""
    facts: Mapping[str, str | int]
    proofs: tuple[str, ...] = ()
    """Names of the proofs in `Checked.proofs` that it rests on."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A document, and one use of a seal on it."""

    lines: tuple[Line, ...]
    proofs: Mapping[str, Proof]
    """By the name of the file that each makes."""

    @property
    def stands(self) -> bool:
        """Whether nothing speaks against the stamp."""
        return all(each.holds is not Holds.NO for each in self.lines)


def check_stamped(
    client: Client, document: DocumentDigest, proof: BatchProof | None = None
) -> tuple[Checked, ...]:
    """Everything that the ledger can say about a stamped document, each use by itself.

    Args:
        client: whose nodes are asked where to look.
        document: digest and size of what the reader holds.
        proof: that the document is in a batch, where it is; no node knows that.

    Returns:
        One answer for each use, the newest first; a single one without a use where there is none.

    Raises:
        ClientError: no node could be asked.
    """
    if proof is not None:
        try:
            record = verify_batch_proof(proof, client.trust, [document])
        except LedgerError as problem:
            return (_nothing(About.BATCH, Holds.NO, "refused", code=problem.code.value),)
        if record.record.type != BATCH:
            return (_nothing(About.BATCH, Holds.NO, "other", type=record.record.type),)
        return (_of_use(client, record, proof),)
    found = [_of_node(client, each, document) for each in _told(client, document)]
    return tuple(found) or (_nothing(About.ANCHORED, Holds.NO, "nowhere"),)


def _told(client: Client, document: DocumentDigest) -> list[Any]:
    """Where a node says the document was stamped."""
    path = f"/v1/stamps/{document.sha256.hex()}"
    try:
        return list(client.nodes.json(path)["items"])
    except ClientError as problem:
        if problem.code is Code.API_NOT_FOUND:
            return []
        raise
    except (KeyError, TypeError) as problem:
        raise ClientError(Code.API_ANSWER, node=path, what=repr(problem)) from problem


def _of_node(client: Client, told: Any, document: DocumentDigest) -> Checked:
    """A use that a node named, proved by its receipt to stamp this document."""
    try:
        receipt = client.receipt(RecordId(bytes.fromhex(told["record_id"])))
    except (KeyError, TypeError, ValueError) as problem:
        raise ClientError(Code.API_ANSWER, node="/v1/stamps", what=repr(problem)) from problem
    try:
        verified = verify_receipt(receipt, client.trust, [document])
    except LedgerError as problem:
        return _nothing(About.ANCHORED, Holds.NO, "refused", code=problem.code.value)
    return _of_use(client, verified, receipt)


def _of_use(client: Client, use: VerifiedRecord, carrier: Receipt | BatchProof) -> Checked:
    """All lines about one use."""
    record, at_ms = use.record, use.committed_at_ms
    seal = str(record.subject)
    answer, answered = client.status_answer(seal_row(seal), at_ms)
    proofs: dict[str, Proof] = {"use": carrier, "seal": answer}
    told = answered.verdict
    lines = [
        Line(
            About.ANCHORED,
            Holds.YES,
            "batch" if record.type == BATCH else "use",
            {"record": use.record_id.hex(), "issuer": record.issuer, "time": at_ms},
            ("use",),
        ),
        *_of_seal(told, seal, use.index),
        _of_grant(client, use, told, proofs),
        _of_batch(record),
        Line(About.SIGNATURE, Holds.UNKNOWN, "elsewhere", {"certificate": _certificate(told)}),
    ]
    return Checked(tuple(lines), proofs)


def _of_seal(told: StatusVerdict, seal: str, index: int) -> Iterator[Line]:
    """Whether the seal is known, and its status where the use stands."""
    known = told.standing is Standing.IN_FORCE and len(told.value) > 2
    owner = str(told.value[2]) if known else ""
    which = "known" if known else "unknown"
    facts: dict[str, str | int] = {"seal": seal, "owner": owner}
    yield Line(About.SEAL, Holds.YES if known else Holds.NO, which, facts, ("seal",))
    if not known or told.interval is None:
        yield Line(About.STATUS, Holds.NO, "unpublished", facts, ("seal",))
        return
    status = str(told.value[1])
    if not told.interval.in_force(index):
        # It changed within the block of the use: which came first, one row does not tell.
        yield Line(About.STATUS, Holds.UNKNOWN, "same_block", {"status": status}, ("seal",))
        return
    holds = Holds.YES if status == "valid" else Holds.NO
    yield Line(About.STATUS, holds, status, {"time": told.at_ms}, ("seal",))


def _of_grant(
    client: Client, use: VerifiedRecord, seal: StatusVerdict, proofs: dict[str, Proof]
) -> Line:
    """Whether the user was the owner, or held a grant that was in force."""
    record = use.record
    if len(seal.value) > 2 and seal.value[2] == record.issuer:
        return Line(About.AUTHORISED, Holds.YES, "owner", {"owner": record.issuer}, ("seal",))
    for ref in record.refs:
        if ref.relation != "follows" or ref.network_id is not None:
            continue
        row = f"grant/{record.subject}/{ref.record_id.hex()}"
        answer, verified = client.status_answer(row, use.committed_at_ms)
        wrong = _wrong_grant(verified.verdict, use)
        if wrong == "absent":
            continue
        proofs["grant"] = answer
        holds = Holds.NO if wrong else Holds.YES
        facts = {"grant": ref.record_id.hex(), "issuer": record.issuer}
        return Line(About.AUTHORISED, holds, wrong or "granted", facts, ("grant",))
    return Line(About.AUTHORISED, Holds.NO, "nobody", {"issuer": record.issuer}, ("use",))


def _wrong_grant(told: StatusVerdict, use: VerifiedRecord) -> str:
    """What a grant lacks for this use; empty where nothing."""
    if told.standing is Standing.ABSENT or len(told.value) < 3:
        return "absent"
    if told.interval is None or not told.interval.in_force(use.index):
        return "withdrawn"
    terms = cast("Mapping[str, Value]", told.value[2])
    fields = use.record.fields
    until_ms = terms.get("valid_until_ms")
    if terms.get("grantee") != use.record.issuer or terms.get("system") != fields.get("system"):
        return "another"
    if not isinstance(until_ms, int) or use.committed_at_ms > until_ms:
        return "expired"
    about = ("purpose", "scope")
    return "purpose" if any(terms.get(name) != fields.get(name) for name in about) else ""


def _of_batch(record: Record) -> Line:
    """What the batch is, where the use is one."""
    if record.type != BATCH:
        return Line(About.BATCH, Holds.YES, "single", {})
    count = record.fields.get("count")
    facts: dict[str, str | int] = {"count": count if isinstance(count, int) else 0}
    return Line(About.BATCH, Holds.YES, "proved", facts, ("use",))


def _certificate(told: StatusVerdict) -> str:
    """Digest of the seal's certificate, by which the signature in the document can be judged."""
    found = told.value[4] if len(told.value) > 4 else None
    return found.hex() if isinstance(found, bytes) else ""


def _nothing(about: About, holds: Holds, why: str, **facts: str | int) -> Checked:
    """No use: everything else cannot be judged."""
    lines = [
        Line(each, holds, why, facts) if each is about else Line(each, Holds.UNKNOWN, "no_use", {})
        for each in About
    ]
    return Checked(tuple(lines), {})
