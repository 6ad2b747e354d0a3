"""Court bundles: one ZIP with everything that proves some records, opened and compared.

What follows from something else in the bundle is made again here; what remains are proofs, which
`ledger.judging` judges like those that were presented by themselves, originals, and pages for
people, of which only the digest is known. Spec: ``docs/spec/court_bundle.md``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from ledger.carriers.court_zip import CourtZip
from ledger.codes import Code
from ledger.core.batch import DocumentDigest
from ledger.core.court_manifest import (
    DIGESTS,
    DIGESTS_BYTES_MAX,
    MANIFEST,
    MANIFEST_BYTES_MAX,
    CourtManifest,
    decode_manifest,
    parse_digests,
)
from ledger.core.identifiers import Digest
from ledger.core.note import parse_note
from ledger.core.openings import OPENINGS_BYTES_MAX
from ledger.core.receipt import RECEIPT_BYTES_MAX, Receipt, decode_receipt
from ledger.core.tlog_proof import PROOF_BYTES_MAX, parse_tlog_proof, receipt_in
from ledger.court_parts import PROOFS, RECEIPTS, derived_parts, proof_name, receipt_name
from ledger.errors import FormatError
from ledger.files import digest_pieces

RECORDS_MAX: Final = 1_000
PAGES: Final = frozenset({"verify.html", "verify.txt"})
NETWORK: Final = re.compile(
    r"network/(?:trust\.json|policy(?:-(?:0|[1-9][0-9]{0,8}))?\.txt)", re.ASCII
)
"""For looking at: a reader's own trust root is never taken from what it judges."""
ORIGINALS: Final = "originals"
PRESENTED: Final = frozenset({"openings", "batches", "bids", "sealed", "certificates"})
"""Folders whose files are judged as if they had been presented by themselves."""
HELD_BYTES_MAX: Final = 256 << 20
"""All files but the originals, which are read as streams."""
PART_BYTES_MAX: Final = 1 << 20
_SIZES: Final = {
    RECEIPTS: RECEIPT_BYTES_MAX,
    PROOFS: PROOF_BYTES_MAX,
    **dict.fromkeys(PRESENTED, OPENINGS_BYTES_MAX),
}


@dataclass(frozen=True, slots=True)
class CourtBundle:
    """A bundle that was read whole; nothing in it is judged."""

    manifest: CourtManifest
    digests: Mapping[str, Digest]
    """Of every file as it lies there, by name."""
    receipts: Mapping[str, Receipt]
    """By name, at least one."""
    proofs: Mapping[str, bytes]
    """Files of `PROOFS`."""
    presented: Mapping[str, bytes]
    """Files of `PRESENTED`."""
    originals: Mapping[str, DocumentDigest]


def read_court_bundle(path: Path) -> CourtBundle:
    """The bundle at a path: every byte read once, originals as streams.

    Raises:
        OSError: the file cannot be read.
        FormatError: `court_bundle.*` or a `format.*` code.
    """
    with path.open("rb") as file:
        return _read(CourtZip(file))


def check_court_bundle(bundle: CourtBundle) -> None:
    """Require that a bundle is whole, has nothing strange in it, and that its parts fit together.

    Raises:
        FormatError: `court_bundle.missing`, `.stray`, `.other` with the file's name, or what a
            decoder raises.
    """
    left = {name for name in bundle.digests if name not in {MANIFEST, *PAGES}}
    left = {name for name in left if NETWORK.fullmatch(name) is None}
    left -= bundle.originals.keys() | bundle.presented.keys()
    if bundle.manifest.records_count != len(bundle.receipts):
        raise _other(MANIFEST)
    for name, receipt in bundle.receipts.items():
        if receipt.network_id != bundle.manifest.network_id or receipt_name(receipt) != name:
            raise _other(name)
        left.discard(name)
        for derived, data in derived_parts(receipt).items():
            if derived not in bundle.digests:
                raise FormatError(Code.COURT_BUNDLE_MISSING, name=derived)
            if bundle.digests[derived] != sha256(data).digest():
                raise _other(derived)
            left.discard(derived)
        proof = proof_name(receipt)
        if proof in bundle.proofs:
            _check_proof(bundle.proofs[proof], receipt, proof)
            left.discard(proof)
    if left:
        raise FormatError(Code.COURT_BUNDLE_STRAY, name=min(left))
    for page in sorted(PAGES - bundle.digests.keys()):
        raise FormatError(Code.COURT_BUNDLE_MISSING, name=page)


def _read(bundle: CourtZip) -> CourtBundle:
    manifest = decode_manifest(bundle.read(MANIFEST, MANIFEST_BYTES_MAX))
    said = parse_digests(bundle.read(DIGESTS, DIGESTS_BYTES_MAX))
    if [*said] != [name for name in bundle.entries if name != DIGESTS]:
        raise FormatError(Code.COURT_BUNDLE_FORM, what=DIGESTS)
    held: dict[str, dict[str, bytes]] = {RECEIPTS: {}, PROOFS: {}, ORIGINALS: {}}
    held |= {folder: {} for folder in PRESENTED}
    originals: dict[str, DocumentDigest] = {}
    left_bytes = HELD_BYTES_MAX
    for name, expected in said.items():
        folder = name.partition("/")[0] if "/" in name else ""
        if folder == ORIGINALS:
            originals[name] = digest_pieces(bundle.chunks(name))
            found: bytes = originals[name].sha256
        else:
            data = bundle.read(name, min(_SIZES.get(folder, PART_BYTES_MAX), left_bytes))
            left_bytes -= len(data)
            found = sha256(data).digest()
            if folder in held:
                held[folder][name] = data
        if found != expected:
            raise FormatError(Code.COURT_BUNDLE_CHANGED, name=name)
    if not 0 < len(held[RECEIPTS]) <= RECORDS_MAX:
        raise FormatError(Code.COURT_BUNDLE_FORM, what=RECEIPTS)
    return CourtBundle(
        manifest=manifest,
        digests=said,
        receipts={name: decode_receipt(data) for name, data in held[RECEIPTS].items()},
        proofs=held[PROOFS],
        presented={
            name: data for folder in sorted(PRESENTED) for name, data in held[folder].items()
        },
        originals=originals,
    )


def _check_proof(data: bytes, receipt: Receipt, name: str) -> None:
    """A proof for tools of other people is the receipt's, but for lines under its checkpoint."""
    proved = receipt_in(parse_tlog_proof(data))
    ours = parse_note(receipt.checkpoint.encode()).text
    same = parse_note(proved.checkpoint.encode()).text == ours
    # Witnesses and authorities are asked later: of two answers one may know more.
    plain = replace(
        proved,
        checkpoint=receipt.checkpoint,
        cosignatures=receipt.cosignatures,
        timestamps=receipt.timestamps,
    )
    if not same or plain != receipt:
        raise _other(name)


def _other(name: str) -> FormatError:
    return FormatError(Code.COURT_BUNDLE_OTHER, name=name)
