"""What the public systems promise, in their own words, on four real nodes.

杜绝投标人信息泄露风险 is in `test_secrecy`, and in `test_secrecy_in_memory` with memory.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ledger.core.identifiers import RecordId
from ledger.core.merkle import leaf_hash
from ledger.core.receipt import decode_receipt
from ledger.core.record import decode_record
from ledger.verify import verify_receipt
from tests.api.one_node import OneNode, now_ms
from tests.api.small_errand import WORKS, Errand
from tests.api.small_tender import SECTION
from tests.network.real_network import RealNetwork

pytestmark = [pytest.mark.network, pytest.mark.slow]


@pytest.fixture
def network(tmp_path: Path) -> Iterator[RealNetwork]:
    """Four real nodes, running."""
    made = RealNetwork(tmp_path)
    made.start()
    yield made
    made.stop()


def test_随时调阅取证(network: RealNetwork, tmp_path: Path) -> None:
    """Lanzhou: the centre's node is gone, and a supervisor still takes evidence that verifies."""
    document = tmp_path / "招标文件.txt"
    document.write_text("招标文件正文", encoding="utf-8")
    anchored = network.run("centre", "anchor", document, "--json")
    assert anchored.code == 0, anchored.err
    (record,) = json.loads(anchored.out)["records"]
    centre = network.nodes[0]
    centre.kill()
    taken = tmp_path / "taken.receipt.json"
    asked = network.run("supervisor", "receipt", record["record"], "--out", taken)
    assert asked.code == 0, asked.err
    trust = network.folder / "network" / "trust.json"
    shown = network.run("supervisor", "verify", taken, "--document", document, "--trust", trust)
    assert shown.code == 0, shown.out
    # The evidence stands by itself: one byte of the document more, and it is refused.
    document.write_text("招标文件正文。", encoding="utf-8")
    changed = network.run("supervisor", "verify", taken, "--document", document, "--trust", trust)
    assert changed.code == 1, changed.out


def printed(pdf: bytes, folder: Path, dots_per_inch: int) -> Path:
    """The first page on grey paper, as a cheap printer and a telephone would have it."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm absent: apt install poppler-utils")
    file = folder / "certificate.pdf"
    file.write_bytes(pdf)
    words = ["pdftoppm", "-r", str(dots_per_inch), "-gray", "-png", "-f", "1", "-l", "1"]
    subprocess.run([*words, "-singlefile", str(file), str(folder / "page")], check=True)
    return folder / "page.png"


def scanned(page: Path) -> str:
    """What the QR on a picture says."""
    if shutil.which("zbarimg") is None:
        pytest.skip("zbarimg absent: apt install zbar-tools")
    words = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(page)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_自行打印交易见证书(tmp_path: Path) -> None:
    """Lanzhou: whoever has the printed certificate needs its QR only, and nobody's word.

    Nobody applied for it. The QR leads to the record on a real node and names the entry; the page
    says whether that is this record's, and hands out the receipt, which holds without the node.
    """
    node = OneNode(tmp_path / "node", catalogue=WORKS)
    with node.up() as client:
        errand = Errand(node, client)
        errand.announce()
        errand.say("builder", "works.begun")
        errand.hand_in()
        errand.pledge()
        record_id = errand.told()["certificate"]["record_id"]
        answer = client.get(f"/v1/records/{record_id}/certificate.pdf")
        assert answer.status_code == 200, answer.text

        link = scanned(printed(answer.content, tmp_path, 120))
        held = re.fullmatch(r"(.+)/v/([0-9a-f]{64})\?entry=([0-9a-f]{64})", link)
        assert held is not None and held[1] == node.url, link
        assert held[2] == record_id
        page = httpx.get(link, follow_redirects=True, trust_env=False)
        assert page.status_code == 200
        assert "条目哈希相符" in page.text and "交易见证书" in page.text and "有效" in page.text

        # What the page hands out is proved without it, and is what the QR names.
        (path,) = re.findall(r'href="(/v1/records/[0-9a-f]{64}/receipt)"', page.text)
        receipt = decode_receipt(httpx.get(node.url + path, trust_env=False).content)
        assert verify_receipt(receipt, node.trust).record_id == RecordId(bytes.fromhex(held[2]))
        assert leaf_hash(receipt.entry).hex() == held[3]
        assert decode_record(receipt.record).subject == SECTION

        # A copy with another entry on it is not taken for this one.
        forged = link[:-1] + ("0" if link[-1] != "0" else "1")
        assert "条目哈希不符" in httpx.get(forged, follow_redirects=True, trust_env=False).text
        # And a paper cannot know that the certificate was withdrawn since: the page does.
        errand.say("bidder", "tender.complaint", matter="other", known_at_ms=now_ms())
        assert "已撤回" in httpx.get(link, follow_redirects=True, trust_env=False).text
