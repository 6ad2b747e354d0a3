"""Whole court bundles: what is read out of a ZIP file of the form, and each thing wrong with one."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TypeAlias

from ledger.core.court_manifest import CourtManifest, encode_digests
from ledger.core.identifiers import Digest
from ledger.core.receipt import Receipt
from ledger.core.tlog_proof import tlog_proof
from ledger.court_parts import derived_parts, proof_name, receipt_name
from tests.bits import flipped
from tests.vectors.generate import sealed_receipts
from tests.vectors.generate.certificate_pdf import paper
from tests.vectors.generate.court_bundle import packed
from tests.vectors.generate.receipts import FOUR, World, world
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.generate.stamped import stamped
from tests.vectors.small_network import START_MS, document_bytes

Files: TypeAlias = dict[str, bytes]
Change: TypeAlias = Callable[[Files], object]
PAPER = document_bytes("first")


def vectors() -> dict[str, Cases]:
    """`court_bundle/bundles.json`."""
    here = world()
    return {"court_bundle/bundles.json": [*_held(here), *_changed(here), *_forged(here)]}


def files_of(
    receipts: Sequence[Receipt], originals: Sequence[bytes] = (), *, proofs: bool = False
) -> Files:
    """The files of a bundle in their order, with pages that say nothing."""
    manifest = CourtManifest(receipts[0].network_id, "锦城", "case-7", START_MS, len(receipts))
    files: Files = {"verify.html": b"<p>\n", "verify.txt": b"-\n"}
    for receipt in receipts:
        files[receipt_name(receipt)] = receipt.encode()
        files |= derived_parts(receipt)
        if proofs:
            files[proof_name(receipt)] = tlog_proof(receipt).format()
    files |= {f"originals/{sha256(each).hexdigest()}.pdf": each for each in originals}
    return {"manifest.json": manifest.encode(), **files}


def spelled(files: Files, *, sums: bool = True) -> bytes:
    """The files as a ZIP file, in the order of the form; `sums`: with their digests made anew."""
    last = sorted(each for each in files if each not in {"manifest.json", "SHA256SUMS"})
    order = [each for each in ("manifest.json", *last) if each in files]
    if sums:
        digests = {each: Digest(sha256(files[each]).digest()) for each in order}
        files = files | {"SHA256SUMS": encode_digests(digests)}
    at = order.index("manifest.json") + 1 if "manifest.json" in order else 0
    order.insert(at, "SHA256SUMS")
    return packed({each: files[each] for each in order})


def _case(name: str, data: bytes, proved: int, code: str | None = None, step: int = 0) -> Case:
    told = {"proved": proved, "trust": FOUR, "data": b64encode(data).decode()}
    return {"name": name, "code": code, "step": step, **told}


def _held(here: World) -> Cases:
    network = here.network
    first, alert = network.receipt(here.first), network.receipt(here.alert)
    head = stamped(network, len(network.leaves))
    stamped_first = replace(first, timestamps=(replace(head, path=()),))
    certificate = {"certificates/a.pdf": paper(here, first).file()}
    everything = files_of([stamped_first, alert], [PAPER], proofs=True) | certificate
    out_of_a_seal = sealed_receipts.world().receipt()
    return [
        _case("a record with its original", spelled(files_of([first], [PAPER])), 1),
        _case("two records, a time stamp, proofs and a certificate", spelled(everything), 3),
        _case("a record that came out of a seal", spelled(files_of([out_of_a_seal])), 1),
        _case("copies of the network's papers", spelled(
            files_of([first]) | {"network/trust.json": b"{", "network/policy.txt": b"?",
                                 "network/policy-0.txt": b"", "network/policy-12.txt": b""}), 1),
        _case("a proof with fewer cosignatures than its receipt", spelled(
            files_of([first])
            | {proof_name(first): tlog_proof(replace(first, checkpoint=_fewer(first))).format()}
        ), 1),
    ]  # fmt: skip


def _fewer(receipt: Receipt) -> str:
    """The checkpoint without its last line."""
    return receipt.checkpoint.rstrip("\n").rpartition("\n")[0] + "\n"


def _changed(here: World) -> Cases:
    """Packed anew by somebody who knows the form and changes what lies in it."""
    network = here.network
    head = replace(stamped(network, len(network.leaves)), path=())
    one = files_of([network.receipt(here.first)], [PAPER])
    stamp = files_of([replace(network.receipt(here.first), timestamps=(head,))])
    two = files_of([network.receipt(here.first), network.receipt(here.other)], proofs=True)

    def case(name: str, code: str, change: Change, base: Files = one, *, sums: bool = True) -> Case:
        files = dict(base)
        if not sums:
            digests = {name: Digest(sha256(data).digest()) for name, data in _ordered(files)}
            files["SHA256SUMS"] = encode_digests(digests)
        change(files)
        return _case(name, spelled(files, sums=sums), 0, f"court_bundle.{code}")

    return [
        case("a page without its line", "changed", set_("verify.html", _more), sums=False),
        case("an original without its line", "changed", set_("originals/", _more), sums=False),
        case("another original under its own digest", "original", set_("originals/", _more)),
        case("readable text that says other than the record", "other",
             set_("records/", lambda data: data.replace(b"first", b"other"), ".json")),
        case("another record's bytes", "other", set_("records/", flipped, ".record")),
        case("a head that nobody cosigned", "other",
             set_("heads/", lambda data: data.replace(b"\n", b"1\n", 1))),
        case("another time stamp beside the receipt's", "other",
             set_("times/", flipped, ".der"), stamp),
        case("a time stamp less", "missing",
             lambda files: files.pop(one_of(files, "times/", ".der")), stamp),
        case("a receipt less than the manifest says", "other",
             lambda files: files.pop(one_of(files, "receipts/")), two),
        case("a receipt under another's name", "other",
             moved("receipts/", "receipts/000000000009-0123456789abcdef.receipt.json")),
        case("another proof under a receipt's name", "other", _swap_proof, two),
        case("no readable text", "missing",
             lambda files: files.pop(one_of(files, "records/", ".json"))),
        case("no page", "missing", lambda files: files.pop("verify.html")),
        case("no manifest", "missing", lambda files: files.pop("manifest.json")),
        case("no receipt", "form", lambda files: files.pop(one_of(files, "receipts/"))),
        case("a script that somebody added", "stray", add("proofs/run.sh")),
        case("a program beside the page", "stray", add("verify.exe")),
        case("a file in a folder of no kind", "stray", add("more/file.txt")),
        case("a second digest list", "stray", add("network/SHA256SUMS")),
        case("a policy of no epoch", "stray", add("network/policy-01.txt")),
        case("a line for a file that is not there", "form",
             set_("SHA256SUMS", lambda data: data + b"0" * 64 + b"  gone.txt\n"), sums=False),
        case("a file without a line", "form", add("more.txt"), sums=False),
        case("lines in another order", "form",
             set_("SHA256SUMS", lambda data: b"".join(sorted(data.splitlines(True)))), sums=False),
        case("a digest in capitals", "form",
             set_("SHA256SUMS", lambda data: data[:64].upper() + data[64:]), sums=False),
        case("another network in the manifest", "other", set_("manifest.json", _other_network)),
    ]  # fmt: skip


def _forged(here: World) -> Cases:
    """What is refused before or behind the form of a bundle, by the code of what is wrong."""
    network = here.network
    first = network.receipt(here.first)
    few = network.receipt(here.first, ["centre"])
    version = files_of([first])
    version["manifest.json"] = version["manifest.json"].replace(b'"version": 1', b'"version": 2')
    broken = files_of([first]) | {"openings/x.openings.json": b"{}\n"}
    relabelled = replace(paper(here, first), number="JINCHENG-0000-0009-0").file()
    return [
        _case("a manifest of a later version", spelled(version), 0, "format.version"),
        _case("openings of no form", spelled(broken), 0, "format.shape"),
        _case("a forged receipt in a well-made bundle", spelled(files_of([few])), 0,
              "receipt.quorum", 8),
        _case("a certificate of another number", spelled(
            files_of([first]) | {"certificates/a.pdf": relabelled}), 1,
            "certificate_pdf.other", 14),
    ]  # fmt: skip


def _ordered(files: Files) -> list[tuple[str, bytes]]:
    return sorted(files.items(), key=lambda each: (each[0] != "manifest.json", each[0]))


def one_of(files: Files, start: str, end: str = "") -> str:
    """The first file of a kind."""
    return next(name for name in files if name.startswith(start) and name.endswith(end))


def set_(start: str, data: Callable[[bytes], bytes], end: str = "") -> Change:
    """The first file of a kind, made another one."""
    return lambda files: files.update(
        {one_of(files, start, end): data(files[one_of(files, start, end)])}
    )


def moved(start: str, name: str) -> Change:
    """The first file of a kind under another name."""
    return lambda files: files.update({name: files.pop(one_of(files, start))})


def add(name: str) -> Change:
    """One file more."""
    return lambda files: files.update({name: b"x"})


def _more(data: bytes) -> bytes:
    return data + b" "


def _other_network(data: bytes) -> bytes:
    at = data.index(b'"network_id": "') + len(b'"network_id": "')
    return data[:at] + b"0000" + data[at + 4 :]


def _swap_proof(files: Files) -> None:
    names = [each for each in files if each.startswith("proofs/")]
    files[names[0]] = files[names[1]]
