"""Openings of private fields, and proofs that a document is in an anchored batch."""

import json
from dataclasses import replace
from typing import Any

from ledger.core.batch import BatchProof, document_tree
from ledger.core.canonical import Value
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest, MemberId
from ledger.core.openings import Opening, Openings, commit_fields
from tests.vectors.generate.receipts import bent
from tests.vectors.generate.spelling import Case, Cases, told
from tests.vectors.small_network import SmallNetwork, nonce, small_record

FIELDS: dict[str, Value] = {
    "bid_bond_bank": "兰州银行",
    "price_fen": 98_765_432_100,
    "score": {"commerce": 30, "technique": 55},
}


def vectors() -> dict[str, Cases]:
    """`openings/openings.json` and `openings/batch_proofs.json`."""
    return {"openings/openings.json": _openings(), "openings/batch_proofs.json": batch_cases()}


def _openings() -> Cases:
    issuer = MemberId("centre")
    salts = {name: nonce(f"salt {name}") for name in FIELDS}
    private, openings = commit_fields(issuer, FIELDS, salts)
    record = small_record("private", private=private)
    other = small_record("private", "notary", private=private)
    bare = small_record("private")
    first, price = openings[0], openings[1]

    def case(name: str, opening: Opening, code: str = "", data: Any = record) -> Case:
        file = json.loads(Openings(data.record_id, (opening,)).encode())
        return {
            "name": name,
            "record": data.encode().hex(),
            "openings": file,
            "value": told(opening.value),
            "code": code or None,
        }

    wrong = "opening.invalid"
    return [
        *(case(f"field {each.name}", each) for each in openings),
        case("another value", replace(price, value=1), wrong),
        case("value of another type", replace(price, value=str(price.value)), wrong),
        case("another salt", replace(price, salt=nonce("guess")), wrong),
        case("path bent", replace(price, path=bent(price.path)), wrong),
        case("path too short", replace(price, path=price.path[:-1]), wrong),
        case("name of another field", replace(price, name=first.name), wrong),
        case("name that the record lacks", replace(price, name="quality"), wrong),
        case("another issuer's record", price, wrong, other),
        case("record without private fields", price, wrong, bare),
    ]


def batch_cases() -> Cases:
    """Batch proofs, accepted and refused."""
    documents = [(sha256(f"seal use {i}".encode()), 10 + i) for i in range(11)]
    tree = document_tree(documents)
    fields: dict[str, Value] = {"root": tree.root, "count": len(documents)}
    record = small_record("batch", type="ledger.batch_anchored", fields=fields)
    stamped = small_record("stamped", type="seal.used_in_batch", fields=fields)
    plain = small_record("plain", fields=fields)
    network = SmallNetwork()
    network.commit([network.bundle([record, plain, stamped])])
    sha, size = documents[6]
    good = BatchProof(sha, size, 6, 11, tree.path(6), network.receipt(record))
    last = BatchProof(*documents[10], 10, 11, tree.path(10), network.receipt(record))

    def case(name: str, proof: BatchProof, code: str = "") -> Case:
        return {
            "name": name,
            "trust": json.loads(network.trust.encode()),
            "proof": json.loads(proof.encode()),
            "code": code or None,
        }

    outside = "proof.inclusion"
    return [
        case("seventh of eleven", good),
        case("last of eleven", last),
        case("stamped as one of eleven", replace(good, receipt=network.receipt(stamped))),
        case("another document", replace(good, sha256=Digest(sha256(b"else"))), outside),
        case("another size", replace(good, size_bytes=size + 1), outside),
        case("another place", replace(good, index=7), outside),
        case("path bent", replace(good, path=bent(good.path)), outside),
        case("count of another tree", replace(good, count=12), "batch.record"),
        case(
            "receipt of a record that is no batch",
            replace(good, receipt=network.receipt(plain)),
            "batch.record",
        ),
    ]
