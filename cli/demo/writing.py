"""Deeds that put records on the ledger: bundles, documents, a batch, open data, what is refused."""

import hashlib
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from api.client.batches import AnchoredBatch, batch_record
from cli import anchoring
from cli.demo.play import Play, clock_ms, place
from cli.demo.story import Scene, Writing
from cli.documents import hash_document
from cli.ocds.importing import Importer
from cli.words import language, say
from ledger.core.batch import DocumentDigest
from ledger.core.identifiers import Digest
from ledger.core.receipt import Receipt
from ledger.errors import LedgerError
from ledger.words import sentence

PROVED: Final = (0, 4_999, 9_999)
"""Places in the batch whose documents are kept, each with its proof."""


def record(play: Play, scene: Scene) -> str:
    """Each run of records of one member in one bundle, in the order of the scene."""
    receipts: list[Receipt] = []
    for issuer, writings in groupby(scene.records, key=lambda writing: writing.by):
        receipts += _bundle(play, issuer, list(writings))
    if len(receipts) == 1:
        return place(receipts[0])
    return say("demo.recorded", count=len(receipts), place=place(receipts[-1]))


def _bundle(play: Play, issuer: str, writings: Sequence[Writing]) -> list[Receipt]:
    kept = play.desks[issuer].submit([play.write(writing) for writing in writings])
    receipts = [each.receipt for each in kept]
    for writing, receipt in zip(writings, receipts, strict=True):
        play.keep(writing.id, receipt)
    return receipts


def refused(play: Play, scene: Scene) -> str:
    """A record that the rules do not let in; the scene says with which code."""
    (writing,) = scene.records
    try:
        play.desks[writing.by].submit([play.record(writing)])
    except LedgerError as problem:
        told = sentence(problem.code, problem.detail, language())
        as_told = problem.code.value == scene.code
        play.telling.check(as_told, say("demo.refused", code=problem.code.value), told)
        return say("demo.refused", code=problem.code.value)
    play.telling.check(held=False, what=say("demo.not_refused", code=scene.code))
    return say("demo.not_refused", code=scene.code)


def refused_everywhere(play: Play, scene: Scene) -> str:
    """A record that each node by itself does not let in, asked one after the other."""
    (writing,) = scene.records
    desk, written = play.desks[writing.by], play.record(writing)
    codes: dict[str, str] = {}
    for node in play.stage.nodes:
        try:
            desk.at(node.api).submit([written])
            codes[node.node_id] = "–"
        except LedgerError as problem:
            codes[node.node_id] = problem.code.value
    as_told = set(codes.values()) == {scene.code}
    told = " ".join(f"{node} {code}" for node, code in codes.items())
    play.telling.check(as_told, say("demo.refused_everywhere", count=len(codes)), told)
    return say("demo.refused", code=scene.code)


def folder(play: Play, scene: Scene) -> str:
    """Every document of the folder, one record each, in one bundle."""
    desk, now_ms = play.desks[scene.by], clock_ms()
    files = sorted(play.stage.documents.iterdir())
    written = [
        anchoring.deposit(desk.member_id, play.story.project, hash_document(file), now_ms)
        for file in files
    ]
    kept = desk.submit(written)
    for file, each in zip(files, kept, strict=True):
        anchoring.write_receipt(play.stage.receipts / file.name, each)
    return say("demo.anchored", count=len(kept), place=place(kept[-1].receipt))


def batch(play: Play, scene: Scene) -> str:
    """One record over very many documents, and the proofs of a few of them."""
    (writing,) = scene.records
    desk, now_ms = play.desks[writing.by], clock_ms()
    texts = [_voucher(play.story.project, number) for number in range(1, scene.count + 1)]
    documents = [DocumentDigest(Digest(hashlib.sha256(text).digest()), len(text)) for text in texts]
    facts = play.values.fields(writing.fields, now_ms)
    subject = play.values.subject(writing.subject)
    facts |= play.facts.of(writing.facts)
    written = batch_record(
        desk.member_id,
        subject,
        documents,
        facts,
        now_ms,
        type_key=writing.type,
        refs=play.values.refs(writing.refs),
    )
    (kept,) = desk.submit([written])
    play.keep(writing.id, kept.receipt)
    wanted = [position for position in PROVED if position < scene.count]
    anchored = AnchoredBatch(documents, kept.receipt)
    proofs = [anchored.proof(each) for each in wanted]
    for position, proof in zip(wanted, proofs, strict=True):
        name = f"{writing.id}-{position + 1:05}.txt"
        (play.stage.documents / name).write_bytes(texts[position])
        proof_file = anchoring.beside(play.stage.receipts / name, anchoring.BATCH_SUFFIX)
        proof_file.write_bytes(proof.encode())
    return say("demo.batched", count=scene.count, place=place(kept.receipt))


def ocds(play: Play, scene: Scene) -> str:
    """The package that was named on the command line, twice: the second time anchors nothing."""
    if play.ocds is None:
        return ""
    desk = play.desks[scene.by]
    first = Importer(desk, play.stage.receipts).take(play.ocds)
    again = Importer(desk).take(play.ocds)
    play.telling.check(not again.records, say("demo.ocds_again", count=again.known))
    for each in first.refused:
        play.telling.output.failure(each.reason)
    return say("demo.ocds", anchored=first.anchored, refused=len(first.refused))


def _voucher(project: str, number: int) -> bytes:
    """One of many small documents: a voucher that an electronic licence was shown."""
    return f"电子证照调用凭证\n项目:{project}\n流水号:{number:05}\n用途:投标资格核验\n".encode()
