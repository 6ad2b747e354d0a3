"""After the story: every receipt verified offline, forgeries refused, the alerts' receipts too."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cli.anchoring import BATCH_SUFFIX, OPENINGS_SUFFIX, RECEIPT_SUFFIX
from cli.bidding import PROOF_SUFFIX
from cli.demo.offline import Judged, Room
from cli.demo.play import SUPERVISOR, Play
from cli.demo.stage import Stage
from cli.demo.tampering import tamper
from cli.demo.telling import Telling
from cli.stamping import ANSWER_SUFFIX
from cli.words import say
from ledger.core.identifiers import RecordId
from ledger.core.receipt import decode_receipt

_SUFFIXES: Final = (
    *(RECEIPT_SUFFIX, BATCH_SUFFIX, OPENINGS_SUFFIX, PROOF_SUFFIX),
    ANSWER_SUFFIX,
)


def prove(play: Play) -> None:
    """Verify everything that the story left, and see three forgeries refused."""
    stage, telling = play.stage, play.telling
    telling.act(say("prove.act"))
    with telling.scene(say("prove.alert_receipts")) as outcome:
        outcome.append(_alerts_kept(play))
    with telling.scene(say("prove.room")) as outcome:
        room = Room(stage.room)
        outcome.append(say("prove.room_is"))
    _all_verify(play, room)
    _forgeries_fail(stage, telling, room)


def _alerts_kept(play: Play) -> str:
    """Fetch the receipt of every alert, also of those that the story did not wait for."""
    desk = play.desks.reader(SUPERVISOR)
    for found in list(desk.client.alerts()):
        record_id = RecordId(bytes.fromhex(found["record_id"]))
        if record_id not in play.alerts:
            play.keep_alert(f"alert-{len(play.alerts) + 1}", found, desk)
            told = play.alerts[record_id].sentence
            play.telling.check(held=False, what=say("prove.unforeseen"), detail=told)
    return say("prove.alerts_listed", count=len(play.alerts))


def _all_verify(play: Play, room: Room) -> None:
    stage, telling = play.stage, play.telling
    proofs = sorted(path for path in stage.receipts.iterdir() if path.name.endswith(_SUFFIXES))
    # Every document that some proof is about: in the anchored folder, or evidence of a record.
    documents = sorted(
        {path for path in stage.documents.iterdir() if _proof_of(stage, path)} | play.shown
    )
    with telling.scene(say("prove.all")) as outcome:
        judged = room.verify(proofs, stage.trust_file, documents)
        bad = [each for each in judged if not each.verified]
        outcome.append(say("prove.counted", count=len(judged) - len(bad), documents=len(documents)))
    telling.check(bool(judged) and not bad, say("prove.all_held", count=len(judged)), _reasons(bad))
    telling.output.note(f"     {say('prove.kinds', **_kinds(proofs))}")
    held = {each.file for each in judged if each.verified}
    whole = all(str(alert.receipt) in held for alert in play.alerts.values())
    telling.check(whole, say("prove.alerts", count=len(play.alerts)))
    for alert in play.alerts.values():
        telling.check(str(alert.receipt) in held, alert.sentence, alert.receipt.name)


def _kinds(proofs: Sequence[Path]) -> dict[str, int]:
    """How many receipts are of records that came out of a seal, and how many the rules derived."""
    receipts = [
        decode_receipt(path.read_bytes()) for path in proofs if path.name.endswith(RECEIPT_SUFFIX)
    ]
    return {
        "plain": sum(each.bundle is not None and each.sealed is None for each in receipts),
        "sealed": sum(each.sealed is not None for each in receipts),
        "derived": sum(each.bundle is None for each in receipts),
    }


def _forgeries_fail(stage: Stage, telling: Telling, room: Room) -> None:
    document = min(path for path in stage.documents.iterdir() if _proof_of(stage, path))
    receipt = stage.receipts / f"{document.name}{RECEIPT_SUFFIX}"
    with telling.scene(say("prove.forging")) as outcome:
        forgeries = tamper(receipt, document, stage.folder / "forged")
        results = [
            (each, room.verify([each.receipt], stage.trust_file, each.documents)[0])
            for each in forgeries
        ]
        outcome.append(say("prove.forged", count=len(forgeries), document=document.name))
    for each, judged in results:
        refused = not judged.verified and judged.step == each.step
        what = say(f"forged.{each.what}")
        told = say("prove.refused", what=what, step=each.step)
        telling.check(refused, told, f"{judged.sentence} ({judged.code})")


def _proof_of(stage: Stage, document: Path) -> bool:
    beside = (stage.receipts / f"{document.name}{suffix}" for suffix in _SUFFIXES[:2])
    return any(path.is_file() for path in beside)


def _reasons(bad: Sequence[Judged]) -> str:
    shown = [f"{Path(each.file).name}: {each.step} {each.code}" for each in bad[:5]]
    return "; ".join(shown)
