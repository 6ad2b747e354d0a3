"""Deeds that look at a stamp as anybody can: a document, the node's word, and the proofs of it."""

from typing import Final

from api.client.stamps import About, Holds, check_stamped
from cli import stamping
from cli.anchoring import BATCH_SUFFIX, beside
from cli.demo.play import Play
from cli.demo.story import Scene
from cli.documents import hash_document
from cli.words import language, say
from ledger.core.batch import DocumentDigest, decode_batch_proof

STANDS: Final = "stands"
_SIGNS: Final = {Holds.YES: "✓", Holds.NO: "✗", Holds.UNKNOWN: "?"}


def check(play: Play, scene: Scene) -> str:
    """Check a document at any node; the scene says what comes out, and the proofs are kept."""
    file = play.stage.document(scene.file)
    hashed = hash_document(file)
    proof_file = beside(play.stage.receipts / scene.file, BATCH_SUFFIX)
    proof = decode_batch_proof(proof_file.read_bytes()) if proof_file.is_file() else None
    document = DocumentDigest(hashed.sha256, hashed.size_bytes)
    found = check_stamped(play.desks[scene.by].client, document, proof)
    stamping.keep_proofs(play.stage.receipts, file, found)
    stands = any(each.stands for each in found)
    lines = [
        f"{say(f'stamp.{line.about}')} {_SIGNS[line.holds]}"
        for each in found
        for line in each.lines
    ]
    told = say("stamp.stands" if stands else "stamp.falls")
    join = "，" if language() == "zh" else ", "
    play.telling.check(stands == (scene.code == STANDS), told, join.join(lines))
    return join.join(lines[: len(About)])
