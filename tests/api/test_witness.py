"""A witness certificate is the network's word, whatever a node and a member agree to show."""

from api.client.witness import CERTIFICATE, differs
from ledger.core.witness import nodes_digest
from ledger.verify import verify_receipt
from tests.vectors.generate.sealed import commitment_record, opening_record, sealed_record
from tests.vectors.small_network import SmallNetwork

SUBJECT = "GS-2026-certified/1"


def test_a_certificate_that_a_member_let_out_of_a_seal_certifies_nothing() -> None:
    network = SmallNetwork()
    fields = {"profile": "works", "profile_version": 1, "nodes": nodes_digest("works", 1, [])}
    forged = sealed_record("certified", type=CERTIFICATE, fields=fields)
    commitment = commitment_record("commitment", forged)
    opening = opening_record("opening", forged, commitment)
    network.commit([network.bundle([commitment, opening])])
    receipt = network.inner_receipt(opening, commitment)
    assert verify_receipt(receipt, network.trust).record.type == CERTIFICATE
    told = {"subject": SUBJECT, "profile": {"key": "works", "version": 1}, "groups": []}
    assert differs(receipt, told) == f"{CERTIFICATE} registry {SUBJECT}"
