"""What is sealed stays sealed, and opens to exactly one thing: the commitment and its files."""

import itertools
import json
from typing import Any

import pytest

from ledger.codes import Code
from ledger.core.batch import DocumentDigest
from ledger.core.bundle import decode_header
from ledger.core.identifiers import Digest, MemberId, NetworkId
from ledger.core.record import decode_record
from ledger.core.sealed import (
    INNER_RECORD_BYTES_MAX,
    Sealed,
    commitment_digest,
    opens,
    seal,
    sealed_of,
)
from ledger.core.sealed_file import decode_sealed_file
from ledger.errors import FormatError, LedgerError, VerificationError
from ledger.sealed_files import verify_sealed_file
from ledger.trust import decode_trust
from tests.vectors.generate.sealed import (
    AUTHOR,
    NETWORK,
    commitment_record,
    opening_record,
    sealed_record,
)
from tests.vectors.reading import VECTORS, cases, octets
from tests.vectors.small_network import HOUR, START_MS, seed, signer


@pytest.mark.parametrize("case", cases("sealed/digests"))
def test_a_commitment_has_this_digest(case: Any) -> None:
    parts = (octets(case[name]) for name in ("header", "signature", "record", "salt"))
    network, committed_by = NetworkId(octets(case["network_id"])), MemberId(case["committed_by"])
    digest = commitment_digest(network, committed_by, Sealed(*parts))
    assert digest.hex() == case["digest"]


def test_no_two_of_these_digests_are_alike() -> None:
    told = json.loads((VECTORS / "sealed/digests.json").read_text(encoding="utf-8"))
    assert len({case["digest"] for case in told}) == len(told)


@pytest.mark.parametrize("case", cases("sealed/refused_openings"))
def test_these_are_no_openings(case: Any) -> None:
    record = decode_record(octets(case["data"]))
    with pytest.raises(FormatError) as refusal:
        sealed_of(record)
        opens(record)
    assert refusal.value.code == case["code"]


@pytest.mark.parametrize("case", cases("sealed/files"))
def test_an_authors_file_belongs_to_its_commitment_or_not(case: Any) -> None:
    file = decode_sealed_file(json.dumps(case["file"]).encode())
    assert json.loads(file.encode()) == case["file"]
    trust = decode_trust(json.dumps(case["trust"]).encode())
    documents = [DocumentDigest(Digest(octets(sha256)), size) for sha256, size in case["documents"]]
    if case["code"] is None:
        verified = verify_sealed_file(file, trust, documents)
        assert [step.number for step in verified.commitment.steps] == list(range(1, 12))
        assert verified.commitment.caveats[0] == case["standing"]
        return
    with pytest.raises(VerificationError) as refusal:
        verify_sealed_file(file, trust, documents)
    assert (refusal.value.step, refusal.value.code) == (case["step"], case["code"])


def test_an_opening_carries_what_was_sealed() -> None:
    sealed = sealed_record("bid")
    commitment = commitment_record("commitment", sealed)
    opening = decode_record(opening_record("opening", sealed, commitment).encode())
    assert sealed_of(opening) == sealed
    assert opens(opening) == commitment.record_id
    bundle = sealed.bundle()
    assert (bundle.header.issuer, bundle.header.count) == (AUTHOR, 1)
    bundle.verify(signer(f"member {AUTHOR}").public_key)


def test_a_header_that_covers_another_record_is_no_inner_bundle() -> None:
    sealed, other = sealed_record("bid"), sealed_record("another bid")
    assert decode_header(other.header).count == 1
    with pytest.raises(FormatError) as refusal:
        Sealed(other.header, sealed.signature, sealed.record, sealed.salt).bundle()
    assert refusal.value.code is Code.BUNDLE_ROOT


@pytest.mark.parametrize("size", [INNER_RECORD_BYTES_MAX, INNER_RECORD_BYTES_MAX + 1])
def test_an_inner_record_has_a_cap(size: int) -> None:
    def sealed() -> Sealed:
        key = signer(f"member {AUTHOR}")
        return seal(
            key, NETWORK, AUTHOR, bytes(size), START_MS, START_MS + HOUR, seed("salt"), bytes(16)
        )

    if size <= INNER_RECORD_BYTES_MAX:
        assert len(sealed().record) == size
        return
    with pytest.raises(FormatError) as refusal:
        sealed()
    assert refusal.value.code is Code.SEALED_TOO_LARGE


def test_a_file_is_spelled_with_exactly_its_names() -> None:
    told = json.loads((VECTORS / "sealed/files.json").read_text(encoding="utf-8"))[0]["file"]
    names = [name for name in told if name not in {"format", "version"}]
    for name, damage in itertools.product(names, ("gone", "twice as long")):
        broken = {key: value for key, value in told.items() if key != name}
        if damage == "twice as long" and isinstance(told[name], str):
            broken[name] = told[name] * 100
        with pytest.raises(LedgerError):
            decode_sealed_file(json.dumps(broken).encode())
