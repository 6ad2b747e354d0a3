"""Puts a court bundle together on this side: receipts from nodes, verified, and files at hand.

What a node says is judged before it goes in, and the finished package once more, as its readers
will. Spec: ``docs/spec/court_bundle.md``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from api.client import Client
from api.client.calls.telling import SUBJECTS
from api.client.calls.tracing import RECEIPT_WAIT_S
from api.client.problems import node_named
from api.client.turning import counted
from api.documents.court_bundle import Contents
from ledger.certificate_pdfs import PaperCertificate
from ledger.codes import Code
from ledger.core.batch import BatchProof
from ledger.core.bid_proof import BidProof
from ledger.core.epoch_policy import bundle_policies
from ledger.core.identifiers import RecordId
from ledger.core.openings import Openings
from ledger.core.receipt import Receipt
from ledger.core.sealed_file import SealedFile
from ledger.core.tlog_proof import TlogProof
from ledger.court_bundles import RECORDS_MAX
from ledger.errors import FormatError
from ledger.files import digest_document, read_capped
from ledger.presented import FILE_BYTES_MAX, Presented, decode_presented
from ledger.verify import verify_receipt

_KEPT: Final[Mapping[type, tuple[str, str]]] = {
    Openings: ("openings", ".openings.json"),
    BatchProof: ("batches", ".batch-proof.json"),
    BidProof: ("bids", ".bid-proof.json"),
    SealedFile: ("sealed", ".sealed.json"),
    PaperCertificate: ("certificates", ".pdf"),
}
"""Folder and ending in a bundle, by what a file is."""


@dataclass(slots=True)
class Gathered:
    """What goes into a bundle, as far as it was gathered."""

    receipts: dict[RecordId, Receipt] = field(default_factory=dict)
    proofs: dict[RecordId, TlogProof] = field(default_factory=dict)
    presented: dict[str, bytes] = field(default_factory=dict)
    inside: list[Presented] = field(default_factory=list)
    originals: list[Path] = field(default_factory=list)


def records_about(client: Client, subject: str) -> list[RecordId]:
    """The records about a subject, and below it where it is a project, that the caller is shown.

    Raises:
        ClientError: `api.answer`, or that no node could be asked.
        FormatError: `court_bundle.nothing`, `court_bundle.too_many`.
    """
    found: dict[RecordId, None] = {}
    for each in (subject, *client.sections(subject)):
        for item in counted(client.subject(each), SUBJECTS):
            found[RecordId(bytes.fromhex(str(item["record_id"])))] = None
            if len(found) > RECORDS_MAX:
                raise FormatError(Code.COURT_BUNDLE_TOO_MANY, limit=RECORDS_MAX)
    if not found:
        raise FormatError(Code.COURT_BUNDLE_NOTHING, about=subject)
    return list(found)


def gather(
    client: Client,
    wanted: Iterable[RecordId],
    gathered: Gathered,
    told: Callable[[], object],
    *,
    certificates: bool = False,
) -> None:
    """Fetch the receipts of some records, and verify each.

    Args:
        client: asks.
        wanted: the records.
        gathered: takes them in.
        told: is called after each.
        certificates: whether each record's certificate is fetched too.

    Raises:
        ClientError: a record that is unknown or not shown, or that no node could be asked.
        Pending: a receipt that is not there yet.
        VerificationError: a node's receipt does not hold.
    """
    for record_id in wanted:
        gathered.receipts[record_id] = client.witnessed_receipt(record_id, None, RECEIPT_WAIT_S)
        gathered.proofs[record_id] = client.tlog_proof(record_id)
        if certificates:
            fetched = client.fetched_certificate(record_id)
            gathered.presented[f"certificates/{fetched.number}.pdf"] = fetched.data
        told()


def take_in(client: Client, paths: Iterable[Path], gathered: Gathered) -> None:
    """Take in files at hand: proofs by what they are, everything else as an original.

    Raises:
        OSError: a file cannot be read.
        FormatError: `court_bundle.original` for a document that no record in the bundle names.
        VerificationError: a receipt does not hold.
    """
    for path in paths:
        content = _proof_in(path)
        if isinstance(content, Receipt):
            verify_receipt(content, client.trust)
            gathered.receipts.setdefault(content.record_id, content)
        elif content is None:
            gathered.originals.append(path)
        else:
            data = read_capped(path, FILE_BYTES_MAX)
            folder, ending = _KEPT[type(content)]
            gathered.presented[f"{folder}/{sha256(data).hexdigest()[:32]}{ending}"] = data
            gathered.inside.append(Presented(str(path), content))
    inside = [*gathered.inside]
    inside += [Presented("", receipt) for receipt in gathered.receipts.values()]
    for path in gathered.originals:
        digest = digest_document(path)
        if not any(each.names(digest) for each in inside):
            raise FormatError(Code.COURT_BUNDLE_ORIGINAL, name=str(path))


def contents_of(
    client: Client, gathered: Gathered, about: str, made_at_ms: int, types: Mapping[str, Any]
) -> Contents:
    """The contents of a bundle, with the policy of the node that was asked.

    Args:
        client: asks for the name of the node whose log signature the proofs bear.
        gathered: what goes in.
        about: the subject or the record that was asked for.
        made_at_ms: now.
        types: of the catalogue, by key.

    Raises:
        ClientError: that no node could be asked.
    """
    node = node_named(client.network(), "/v1/network")
    trust, receipts = client.follow(), gathered.receipts
    policies = bundle_policies(trust.epochs, [*receipts.values()], trust.origin, node)
    return Contents(
        trust=trust,
        about=about,
        made_at_ms=made_at_ms,
        receipts=list(receipts.values()),
        proofs=[(receipts[each], proof) for each, proof in gathered.proofs.items()],
        presented=gathered.presented,
        originals=gathered.originals,
        policies=policies,
        type_names={key: (each.zh, each.en) for key, each in types.items()},
    )


def _proof_in(path: Path) -> Any:
    """What a file proves; None for one that is no proof of a known kind."""
    try:
        data = read_capped(path, FILE_BYTES_MAX)
        return decode_presented(data)
    except FormatError:
        if path.name.endswith((".receipt.json", "-proof.json", ".openings.json", ".sealed.json")):
            raise
        return None
