"""`import bidwitness`: what a program of somebody else needs, against a real node."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import bidwitness
from cli.keyfiles import open_key
from tests.cli.one_node import OneNode

HOUR_MS = 3_600_000


@pytest.mark.network
def test_a_program_anchors_a_document_and_verifies_its_receipt(
    one_node: OneNode, tmp_path: Path
) -> None:
    document = tmp_path / "contract.pdf"
    document.write_bytes(b"%PDF-1.7 contract")
    trust = bidwitness.read_trust(one_node.trust)
    key_file = one_node.network.member_folder("centre") / "member.key"
    signer = open_key(key_file, b"correct horse")
    digest = bidwitness.digest_document(document)
    now_ms = time.time_ns() // 1_000_000
    evidence = bidwitness.Evidence(
        document.name, digest.sha256, digest.sm3, digest.size_bytes, "application/pdf"
    )
    record = bidwitness.Record(
        type="evidence.deposited",
        issuer=bidwitness.MemberId("centre"),
        subject=bidwitness.Subject("P-9"),
        occurred_at_ms=now_ms,
        evidence=(evidence,),
        fields={},
        private=None,
        refs=(),
        nonce=os.urandom(16),
    )
    bundle = bidwitness.sign_bundle(
        signer, trust.network_id, record.issuer, [record.encode()], now_ms, now_ms + HOUR_MS
    )
    with bidwitness.Client([one_node.node.api], trust) as client:
        (receipt,) = client.submit(bundle)
        assert client.submit(bundle) == (receipt,), "the same bundle has the same receipts"
    verified = bidwitness.verify_receipt(receipt, trust, [digest])
    assert verified.record == record


def test_the_sdk_brings_nothing_of_a_node_with_it() -> None:
    program = (
        "import sys, bidwitness\n"
        "heavy = {'fastapi', 'uvicorn', 'plyvel', 'pydantic', 'consensus', 'contracts', 'cli'}\n"
        "print(*sorted(heavy & set(sys.modules)), end='')"
    )
    root = Path(bidwitness.__file__).parent.parent
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False
    )
    assert (ended.stdout, ended.stderr) == ("", "")
