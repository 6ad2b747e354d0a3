"""What a client checks of a witness certificate beyond its receipt: that it is of this list.

The receipt proves that the certificate was issued; the list of nodes is a node's answer, and is
believed only as far as the certificate's digest is over it. Spec: ``docs/spec/witness.md``.
"""

from collections.abc import Mapping
from typing import Any, Final

from ledger.core.identifiers import NETWORK_MEMBER, RecordId
from ledger.core.receipt import Receipt
from ledger.core.record import decode_record
from ledger.core.witness import nodes_digest
from ledger.errors import FormatError

CERTIFICATE: Final = "tender.witness_certificate"


def differs(receipt: Receipt, told: Mapping[str, Any]) -> str:
    """What of a completeness answer its certificate does not bear out; empty where all does.

    Args:
        receipt: verified, of the certificate that the answer names.
        told: the answer. Where it does not list every record, its list is not compared.

    Raises:
        KeyError, TypeError, ValueError: the answer does not have its shape.
    """
    try:
        record = decode_record(receipt.record)
    except FormatError as problem:
        return str(problem.code)
    # Only the network certifies: anyone can let a record of this type out of a seal.
    said = (record.type, record.issuer, record.subject)
    if said != (CERTIFICATE, NETWORK_MEMBER, told["subject"]):
        return " ".join(said)
    profile = told["profile"]
    if [profile["key"], profile["version"]] != [
        record.fields.get("profile"),
        record.fields.get("profile_version"),
    ]:
        return "profile"
    nodes = [node for group in told["groups"] for node in group["nodes"]]
    if any(node["record_count"] != len(node["records"]) for node in nodes):
        return ""
    listed = [
        (
            [each["key"] for each in node["types"]],
            [
                RecordId(bytes.fromhex(each["record_id"]))
                for each in node["records"]
                if each["index"] < receipt.index
            ],
        )
        for node in nodes
    ]
    digest = nodes_digest(profile["key"], profile["version"], listed)
    return "" if digest == record.fields.get("nodes") else "nodes"
