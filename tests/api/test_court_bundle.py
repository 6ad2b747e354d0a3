"""A court bundle: everything in it is verified, and whatever was changed in it is found."""

import html
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from base64 import b64decode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from api.documents.court_bundle import Contents, bundle_parts, bundle_size, written
from ledger.__main__ import main
from ledger.carriers.court_zip import CourtZip
from ledger.core.identifiers import Digest
from ledger.core.openings import Openings
from ledger.core.policy import committee_policy
from ledger.core.receipt import Receipt
from ledger.core.record import Evidence
from ledger.core.tlog_proof import tlog_proof
from ledger.court_bundles import check_court_bundle, read_court_bundle
from ledger.errors import FormatError
from tests.stamping.maker import Maker
from tests.vectors.generate import sealed_receipts
from tests.vectors.generate.court_bundle import packed
from tests.vectors.generate.stamped import stamped
from tests.vectors.reading import cases
from tests.vectors.small_network import SmallNetwork, small_record

PAPER = b"%PDF tender document\n"


class Desk:
    """A network with an anchored document, and a bundle about it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        network = SmallNetwork()
        self.paper = folder / "招标文件 <1>.PDF"
        self.paper.write_bytes(PAPER)
        evidence = Evidence(
            "tender.pdf", Digest(sha256(PAPER).digest()), None, len(PAPER), "application/pdf"
        )
        first = replace(small_record("first"), evidence=(evidence,))
        second = small_record("second")
        network.commit([network.bundle([first])])
        network.commit([network.bundle([second])])
        self.network, self.trust = network, network.trust
        self.court = Maker("court")
        receipts = [network.receipt(second), self._stamped(network.receipt(first))]
        policy = committee_policy(
            self.trust.origin, self.trust.committee, next(iter(self.trust.committee))
        )
        self.contents = Contents(
            trust=self.trust,
            about="JC-2026-GC-0117/01",
            made_at_ms=1_772_337_600_000,
            receipts=receipts,
            proofs=[(each, tlog_proof(each)) for each in receipts],
            originals=[self.paper],
            policies={"policy.txt": policy.format()},
            type_names={first.type: ("一种记录", "A record of one kind")},
        )
        (folder / "trust.json").write_bytes(self.trust.encode())
        (folder / "court.tsa.pem").write_bytes(self.court.pem)

    def _stamped(self, receipt: Receipt) -> Receipt:
        head = stamped(self.network, len(self.network.leaves))
        same = replace(head, path=(), token=self.court.stamp(head.checkpoint))
        return replace(receipt, timestamps=(same,))

    def write(self, contents: Contents | None = None, name: str = "x.zip") -> Path:
        path = self.folder / name
        path.write_bytes(b"".join(written(bundle_parts(contents or self.contents))))
        return path

    def verify(self, path: Path, *words: str) -> int:
        return main([str(path), "--trust", str(self.folder), "--lang", "en", *words])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_bundle_is_verified_whole_without_a_network(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    path = desk.write()
    assert path.stat().st_size == bundle_size(bundle_parts(desk.contents))
    assert desk.verify(path) == 0
    told = capsys.readouterr().out
    assert told.count("VERIFIED") == 2
    assert "existed by (time stamp of court)" in told
    assert f"SHA-256 {sha256(PAPER).hexdigest()} ✓" in told
    assert desk.verify(path, "--json") == 0
    results = json.loads(capsys.readouterr().out)["results"]
    assert [each["file"].partition(": ")[2][:9] for each in results] == ["receipts/"] * 2
    assert desk.verify(path, "--document", str(desk.paper)) == 0
    other = desk.folder / "other"
    other.write_bytes(b"x")
    assert desk.verify(path, "--document", str(other)) == 1


def test_a_folder_with_a_bundle_and_somebody_elses_archive_is_verified(desk: Desk) -> None:
    box = desk.folder / "box"
    box.mkdir()
    desk.write().rename(box / "package.zip")
    with zipfile.ZipFile(box / "holiday.zip", "w") as other:
        other.writestr("photo.jpg", b"x")
    assert desk.verify(box) == 0


def test_the_same_contents_give_the_same_bytes_and_a_new_time_another_manifest_and_page(
    desk: Desk,
) -> None:
    one = desk.write().read_bytes()
    backwards = replace(desk.contents, receipts=desk.contents.receipts[::-1])
    assert desk.write(backwards, "again.zip").read_bytes() == one
    later = replace(desk.contents, made_at_ms=desk.contents.made_at_ms + 1000)
    parts = zip(bundle_parts(desk.contents), bundle_parts(later), strict=True)
    changed = {one.name for one, other in parts if one.sha256 != other.sha256}
    assert changed == {"manifest.json", "SHA256SUMS", "verify.html", "verify.txt"}


ROOT = Path(__file__).parents[2]
BEGINNINGS = ("sha256sum ", "python ", "node ", "{ printf ", "openssl ")
"""How the commands begin that the page prints."""


def printed_commands(box: Path) -> dict[str, list[str]]:
    """The commands on each page of an unpacked bundle, as they stand there, in their order."""
    told = (box / "verify.html").read_text(encoding="utf-8")
    blocks = [html.unescape(each) for each in re.findall(r"<pre>(.*?)</pre>", told, re.DOTALL)]
    lines = [each.strip() for each in (box / "verify.txt").read_text("utf-8").splitlines()]
    return {
        page: [each for each in found if each.startswith(BEGINNINGS)]
        for page, found in (("verify.html", blocks), ("verify.txt", lines))
    }


def as_the_page_says(desk: Desk, contents: Contents) -> Path:
    """The folder that a reader has after doing what the page says before its commands."""
    from tests.stamping.responder import Responder

    responder = Responder(desk.folder / "tsa")
    receipts = []
    for receipt in contents.receipts:
        # Ed25519 is known to few authorities, so a real one is asked here.
        heads = [
            replace(each, token=responder.token(each.checkpoint.encode()))
            for each in receipt.timestamps
        ]
        receipts.append(replace(receipt, timestamps=tuple(heads)))
    proofs = [(each, tlog_proof(each)) for each in receipts]
    path = desk.write(replace(contents, receipts=receipts, proofs=proofs))
    box = desk.folder / "unpacked"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        archive.extractall(box)
    for name, source in (
        *(("证据包.zip", path), ("package.zip", path)),
        ("trust.json", desk.folder / "trust.json"),
        *(("机构证书.pem", responder.roots), ("authority.pem", responder.roots)),
    ):
        shutil.copy(source, box / name)
    for name in ("verify", "vendor"):
        shutil.copytree(ROOT / "api/static" / name, box / name)
    return box


def done_in(box: Path, command: str) -> str:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=box,
        env=os.environ | {"PATH": path, "LANG": "en_US.UTF-8"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout + done.stderr


def test_every_command_that_the_page_prints_does_what_it_says(desk: Desk) -> None:
    """In both languages and both forms, word for word, with tools of other people."""
    box = as_the_page_says(desk, desk.contents)
    pages = printed_commands(box)
    assert {len(found) for found in pages.values()} == {12}, pages
    assert set(pages["verify.html"]) == set(pages["verify.txt"])
    told = {each: done_in(box, each) for each in dict.fromkeys(pages["verify.html"])
            if not each.startswith("node ") or shutil.which("node")}  # fmt: skip
    said = {each.split()[0]: told[each] for each in told}
    assert "FAILED" not in told["sha256sum -c SHA256SUMS"]
    (digest,) = (line.split()[0] for line in told["sha256sum originals/*"].splitlines())
    assert any(digest in each.read_text("utf-8") for each in box.glob("records/*.json"))
    for page in ("verify.html", "verify.txt"):
        assert (box / page).read_text("utf-8").count(said["{"].split()[0]) > 1
    assert "Verification: OK" in said["openssl"]
    assert said["python"].count("VERIFIED") == 2


def test_a_bundle_without_originals_and_stamps_prints_no_command_for_them(desk: Desk) -> None:
    receipt = desk.contents.receipts[0]
    contents = replace(desk.contents, receipts=[receipt], proofs=(), originals=())
    box = desk.folder / "unpacked"
    with zipfile.ZipFile(desk.write(contents)) as archive:
        archive.extractall(box)
    for found in printed_commands(box).values():
        assert not [each for each in found if "originals" in each or each.startswith("openssl")]


def test_the_page_names_the_id_that_the_bytes_of_an_opened_record_hash_to(desk: Desk) -> None:
    receipt = sealed_receipts.world().receipt()
    contents = replace(desk.contents, receipts=[receipt], proofs=(), originals=())
    box = desk.folder / "unpacked"
    with zipfile.ZipFile(desk.write(contents)) as archive:
        archive.extractall(box)
    for page, found in printed_commands(box).items():
        (pipe,) = {each for each in found if each.startswith("{ ")}
        assert done_in(box, pipe).split()[0] in (box / page).read_text("utf-8")


# What was changed, or forged.


TRUSTS = {each.values[0]["name"]: each.values[0]["trust"] for each in cases("receipt/trusts")}


@pytest.mark.parametrize("case", cases("court_bundle/bundles"))
def test_a_whole_bundle_is_proved_or_refused_at_its_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], case: Any
) -> None:
    path, trust = tmp_path / "x.zip", tmp_path / "trust.json"
    path.write_bytes(b64decode(case["data"]))
    trust.write_text(json.dumps(TRUSTS[case["trust"]]))
    status = main([str(path), "--trust", str(trust), "--lang", "en", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert sum(each["verified"] for each in told["results"]) == case["proved"]
    problems = [each["problem"] for each in told["results"] if each["problem"]]
    if case["code"] is None:
        assert (status, problems) == (0, [])
    elif case["step"]:
        assert status == 1
        (problem,) = problems
        assert (problem["code"], problem["step"]) == (case["code"], case["step"])
    else:
        assert status == 2, "before any check: nothing is judged"
        assert told["problem"]["code"] == case["code"]


def test_openings_in_a_bundle_are_judged_under_the_receipt_beside_them(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = Openings(desk.contents.receipts[0].record_id, (), None)
    with pytest.raises(FormatError):
        from ledger.core.openings import decode_openings

        decode_openings(strange.encode())
    presented = {"openings/x.openings.json": strange.encode()}
    assert desk.verify(desk.write(replace(desk.contents, presented=presented))) == 2


def test_a_bundle_that_another_tool_packed_is_refused(desk: Desk) -> None:
    """Compressed, with a comment, with folders, with a link, in another order: all are refused."""
    path, box = desk.write(), desk.folder / "unpacked"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(box)
    names = zipfile.ZipFile(path).namelist()
    for way in ("deflated", "comment", "folder", "twice", "case"):
        again = desk.folder / f"{way}.zip"
        packing = zipfile.ZIP_DEFLATED if way == "deflated" else zipfile.ZIP_STORED
        with zipfile.ZipFile(again, "w", packing) as archive:
            for name in names:
                archive.write(box / name, name)
            if way == "comment":
                archive.comment = b"x"
            if way == "folder":
                archive.mkdir("more")
            if way == "case":
                archive.writestr("VERIFY.html", b"x")
        with again.open("rb") as file, pytest.raises(FormatError) as refused:
            CourtZip(file)
        assert refused.value.code == "court_bundle.form", way


@pytest.mark.parametrize("case", cases("court_bundle/accepted"))
def test_a_file_of_the_form_is_read(tmp_path: Path, case: Any) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(bytes.fromhex(case["data"]))
    with path.open("rb") as file:
        bundle = CourtZip(file)
        found = [{"name": name, "data": bundle.read(name, 100).hex()} for name in bundle.entries]
    assert found == case["files"]
    with zipfile.ZipFile(path) as other:
        assert other.namelist() == [each["name"] for each in case["files"]]


@pytest.mark.parametrize("case", cases("court_bundle/refused"))
def test_a_file_that_is_not_of_the_form_is_refused(tmp_path: Path, case: Any) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(bytes.fromhex(case["data"]))
    with path.open("rb") as file, pytest.raises(FormatError) as refused:
        for name in (bundle := CourtZip(file)).entries:
            bundle.read(name, 100)
    assert refused.value.code == case["code"]


def test_every_bit_of_the_frame_counts(tmp_path: Path) -> None:
    """No field of a header can say other than the form: neither flags, times nor attributes."""
    whole = packed({"manifest.json": b"{}", "a/b.txt": b"hello"})
    path = tmp_path / "x.zip"
    for at in range(len(whole)):
        for bit in (0x01, 0x80):
            bent = bytearray(whole)
            bent[at] ^= bit
            path.write_bytes(bent)
            with path.open("rb") as file, pytest.raises(FormatError):
                for name in (bundle := CourtZip(file)).entries:
                    bundle.read(name, 100)


def test_a_claim_of_gigabytes_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    whole = bytearray(packed({"manifest.json": b"{}"}))
    struct.pack_into("<I", whole, len(whole) - 22 + 12, 0xFFFFFF00)
    path.write_bytes(whole)
    with path.open("rb") as file, pytest.raises(FormatError):
        CourtZip(file)


def test_a_directory_of_gigabytes_for_one_file_is_not_read(tmp_path: Path) -> None:
    """A sparse file costs its sender nothing, and would cost its reader all memory."""
    with (tmp_path / "x.zip").open("w+b") as file:
        file.truncate((1 << 32) - 1)
        file.seek(-22, 2)
        file.write(struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, (1 << 32) - 1 - 22, 0, 0))
        tracemalloc.start()
        with pytest.raises(FormatError) as refused:
            CourtZip(file)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert refused.value.code == "court_bundle.form"
    assert peak < 1 << 20


def test_a_bundle_that_is_read_again_is_whole(desk: Desk) -> None:
    bundle = read_court_bundle(desk.write())
    check_court_bundle(bundle)
    assert bundle.manifest.records_count == len(bundle.receipts) == 2
    assert bundle.manifest.about == "JC-2026-GC-0117/01"
    assert [each.size_bytes for each in bundle.originals.values()] == [len(PAPER)]


def test_an_original_that_changes_while_it_is_packed_stops_the_packing(desk: Desk) -> None:
    parts = bundle_parts(desk.contents)
    desk.paper.write_bytes(PAPER[::-1])
    with pytest.raises(FormatError) as refused:
        list(written(parts))
    assert refused.value.code == "court_bundle.changed"


def test_what_records_say_cannot_write_into_the_page(desk: Desk) -> None:
    parts = {each.name: each.content for each in bundle_parts(desk.contents)}
    page = parts["verify.html"]
    assert isinstance(page, bytes)
    assert b"<1>" not in page and "招标文件 &lt;1&gt;".encode() in page
    assert b"<script" not in page and b"http://" not in page and b"https://" not in page


def test_unzip_reads_it_too(desk: Desk) -> None:
    if shutil.which("unzip") is None:
        pytest.skip("unzip is not installed: apt install unzip")
    done = subprocess.run(["unzip", "-t", str(desk.write())], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
