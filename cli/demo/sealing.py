"""Deeds under seal: records go into the stream as commitments, and are opened after the event."""

from pathlib import Path

from api.client.writing import WrittenRecord
from cli.bidding import opening_record, prove_bid, seal_record
from cli.demo.play import Play, place
from cli.demo.story import RECORD, Scene
from cli.under_seal import SEALED_SUFFIX
from cli.words import language, say
from ledger.core.receipt import Receipt
from ledger.report import bid_standing


def seal(play: Play, scene: Scene) -> str:
    """Each author signs and seals; the bid system gives each record the next free place."""
    handed: list[tuple[str, Path]] = []
    for writing in scene.records:
        written = play.record(writing)
        play.know(writing.id, written)
        path = _sealed_file(play, writing.id)
        held = seal_record(play.desks[writing.by], written, play.stream.desk.member_id, path)
        handed.append((writing.id, play.stream.hand_in(writing.id, held)))
    last: Receipt | None = None
    for name, path in handed:
        held = play.stream.committed(path)
        # The author's own file gets the receipt too: with it the author can open and prove alone.
        _sealed_file(play, name).write_bytes(held.encode())
        play.sealed[name] = held
        last = held.receipt
        if last is not None:
            play.values.commitments[name] = last.record_id
    if last is None:
        raise ValueError(f"{scene.id}: records ?")
    return say("demo.sealed", count=len(handed), place=place(last))


def open_(play: Play, scene: Scene) -> str:
    """Whoever holds the files opens them in the order in which they were committed."""
    desk = play.desks[scene.by]
    names = sorted(
        (each.removeprefix(RECORD) for each in scene.opens), key=lambda name: _index(play, name)
    )
    kept = desk.submit(
        [WrittenRecord(opening_record(desk, play.sealed[name]), ()) for name in names]
    )
    for name in names:
        play.keep(name, play.receipt(desk, play.values.records[name]))
    return say("demo.opened", count=len(names), place=place(kept[-1].receipt))


def prove(play: Play, scene: Scene) -> str:
    """What became of a bid, from its author's own file and what the ledger shows."""
    (about,) = scene.about
    path = _sealed_file(play, about.removeprefix(RECORD))
    _, verified = prove_bid(play.desks[scene.by], path)
    told = bid_standing(verified.verdict, language())
    play.telling.check(verified.verdict.standing == scene.code, told)
    return told


def _sealed_file(play: Play, name: str) -> Path:
    return play.stage.receipts / f"{name}{SEALED_SUFFIX}"


def _index(play: Play, name: str) -> int:
    receipt = play.sealed[name].receipt
    return 0 if receipt is None else receipt.index
