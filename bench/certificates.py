"""`python -m bench.certificates`: each kind of certificate, how large it is, how long it takes.

Real records are put on real nodes in this process; of each its certificate is made unsigned,
signed, and signed with a time stamp by a real responder (OpenSSL). Rendering is without a
signature, signing with what is drawn at hand. Verification is that of the light verifiers, in
Python and in Node, and of the one that knows PAdES. With `--folder` the files are kept, to look at.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table

from api.client import captured
from api.documents.contents import certificate_of
from api.documents.facts import Certificate
from api.documents.issuing import Issuer
from api.documents.press import pages_of
from api.documents.printing import finished
from api.documents.signatures import signature_judge
from api.documents.signing import DocumentSigner, open_signer
from api.outbound.signature_stamp import StampingDesk
from api.outbound.time_target import TimeTarget
from cli.compose.document_signers import new_authority, new_signer
from ledger.certificate_pdfs import decode_certificate_pdf, verify_certificate
from ledger.core.identifiers import RecordId
from ledger.errors import InvariantBroken
from ledger.stamp_roots import authority_from
from ledger.trust import TrustRoot
from tests.api.one_node import OneNode, now_ms
from tests.api.small_address import SmallAddress
from tests.api.small_errand import WORKS, Errand
from tests.api.small_seal import life_of_a_seal
from tests.api.small_tender import say
from tests.stamping.responder import Responder

RUNS: Final = 50
HOUR_MS: Final = 3_600_000
URL: Final = "https://ledger.jincheng.example"
OFFICE: Final = "金城市公共资源交易中心"
VERIFIER: Final = Path(__file__).parents[1] / "api" / "static" / "verify" / "index.js"
IN_NODE: Final = """
import { readFileSync } from "node:fs";
const { decodeTrust, verifyFile } = await import(process.argv[1]);
const trust = decodeTrust(new Uint8Array(readFileSync(process.argv[2])));
const file = new Uint8Array(readFileSync(process.argv[3]));
const times = [];
for (let run = 0; run < Number(process.argv[4]); run += 1) {
  const start = performance.now();
  verifyFile(file, trust);
  times.push(performance.now() - start);
}
console.log(JSON.stringify(times));
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One kind: sizes in bytes, medians in milliseconds."""

    kind: str
    pages: int
    figures: dict[str, float]


def main() -> None:
    """Measure, and print a table, or with `--json` one JSON document."""
    parser = argparse.ArgumentParser(prog="bench.certificates", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="of which the median is told")
    parser.add_argument("--folder", type=Path, default=None, help="where the files are kept")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with Responder(folder) as responder:
            authority = new_authority("省数字证书认证中心", now_ms() - HOUR_MS)
            pkcs12 = new_signer(authority, OFFICE, "", b"secret", now_ms() - HOUR_MS)
            stamper = authority_from("授时中心", responder.roots.read_bytes())
            desk = StampingDesk([TimeTarget(stamper, responder.url)])
            plain = open_signer(pkcs12, b"secret", "p12")
            signers = plain, open_signer(pkcs12, b"secret", "p12", desk)
            found = [
                _measured(kind, certificate, trust, signers, authority.pem, args)
                for kind, certificate, trust in _certificates(folder, plain)
            ]
    load = os.getloadavg()[0]
    if args.json:
        kinds = [each.figures | {"kind": each.kind, "pages": each.pages} for each in found]
        print(json.dumps({"load": load, "runs": args.runs, "kinds": kinds}, ensure_ascii=False))
        return
    Console(width=120).print(_table(found))
    print(f"load {load:.1f}, median of {args.runs} runs")


def _certificates(
    folder: Path, signer: DocumentSigner
) -> Iterator[tuple[str, Certificate, TrustRoot]]:
    """One of each kind, from real ledgers, to be signed."""
    issuer = Issuer(URL, signer)
    with _up(OneNode(folder / "tender")) as (node, client):
        facts: dict[str, Any] = captured(
            now_ms(),
            source_system="金城市电子招标投标交易系统",
            collector=OFFICE,
            custody=("投标人上传至电子交易系统", "导出至归档服务器"),
        )
        files = {"开标记录表（第一标段）.pdf": b"opening", "唱标录音.mp3": b"sound"}
        record = node.record("centre", "evidence.deposited", "JC-2026-GC-0117/01", files=files)
        record = replace(record, fields=facts)
        yield (
            "evidence",
            _certificate(node, say(client, node, record).record_id, issuer),
            node.trust,
        )
    with _up(OneNode(folder / "errand", catalogue=WORKS)) as (node, client):
        errand = Errand(node, client)
        errand.announce()
        errand.say("builder", "works.begun")
        errand.hand_in()
        errand.pledge()
        record_id = RecordId(bytes.fromhex(errand.told()["certificate"]["record_id"]))
        yield "witness", _certificate(node, record_id, issuer), node.trust
    with _up(OneNode(folder / "house", show_all=True)) as (node, client):
        town = SmallAddress(node, client)
        town.certified()
        made = town.say(
            "certificate",
            "centre",
            "address.property_certified",
            refs=[("follows", "shared"), ("follows", "match")],
            property_fact=town.records["shared"],
        )
        yield "property", _certificate(node, made, issuer), node.trust
        yield "use", _certificate(node, town.records["use"], issuer), node.trust
        seal = life_of_a_seal(node, client)
        yield "seal", _certificate(node, seal, issuer), node.trust


@contextmanager
def _up(node: OneNode) -> Iterator[tuple[OneNode, httpx.Client]]:
    with node.up() as client:
        yield node, client


def _certificate(node: OneNode, record_id: RecordId, issuer: Issuer) -> Certificate:
    if node.service is None:
        raise InvariantBroken("a node that is up has no service")
    return certificate_of(node.service, record_id, issuer)


def _measured(
    kind: str,
    certificate: Certificate,
    trust: TrustRoot,
    signers: tuple[DocumentSigner, DocumentSigner],
    authorities: bytes,
    args: argparse.Namespace,
) -> Measured:
    plain, stamping = signers
    bare = replace(certificate, signed=False)
    unsigned, room = finished(pages_of(bare), bare, None), pages_of(certificate)
    signed = finished(room, certificate, plain)
    stamped = finished(room, certificate, stamping)
    judge, held = signature_judge(authorities), decode_certificate_pdf(signed)
    verify_certificate(held, trust, signatures=judge)
    figures = {
        "render": _median(lambda: pages_of(bare), args.runs),
        "sign": _median(lambda: finished(room, certificate, plain), args.runs),
        "python": _median(
            lambda: verify_certificate(decode_certificate_pdf(signed), trust), args.runs
        ),
        "pades": _median(lambda: verify_certificate(held, trust, signatures=judge), args.runs),
        "node": _in_node(signed, trust, args.runs),
    }
    for name, data in (("unsigned", unsigned), ("signed", signed), ("stamped", stamped)):
        if args.folder is not None:
            args.folder.mkdir(parents=True, exist_ok=True)
            (args.folder / f"{kind}-{name}.pdf").write_bytes(data)
    sizes: dict[str, float] = {
        "unsigned": len(unsigned),
        "signed": len(signed),
        "stamped": len(stamped),
        "signature": _filled(signed),
        "with stamp": _filled(stamped),
    }
    pages = signed.count(b"/StructParents ")
    return Measured(kind, pages, figures | sizes)


def _filled(signed: bytes) -> int:
    """Bytes of a signature without the zeros behind it."""
    spelled = signed.partition(b"/Contents<30")[2].partition(b">")[0]
    return 1 + len(spelled.rstrip(b"0")) // 2


def _median(act: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1_000)
    return round(statistics.median(times), 1)


def _in_node(data: bytes, trust: TrustRoot, runs: int) -> float:
    """The same in one process of Node; its start is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        root, file = Path(folder, "trust.json"), Path(folder, "certificate.pdf")
        root.write_bytes(trust.encode())
        file.write_bytes(data)
        words = ["node", "--input-type=module", "-e", IN_NODE, str(VERIFIER), str(root), str(file)]
        done = subprocess.run([*words, str(runs)], capture_output=True, text=True, check=True)
    times: list[float] = json.loads(done.stdout)
    return round(statistics.median(times), 1)


def _table(found: list[Measured]) -> Table:
    table = Table(title="Certificates: bytes, and median milliseconds")
    sizes = ("unsigned", "signed", "stamped", "signature", "with stamp")
    names = (*sizes, "render", "sign", "python", "pades", "node")
    for name in ("kind", "pages", *names):
        table.add_column(name, justify="left" if name == "kind" else "right")
    for each in found:
        told = [each.figures[name] for name in names]
        table.add_row(each.kind, str(each.pages), *(f"{value:,}" for value in told))
    return table


if __name__ == "__main__":
    main()
