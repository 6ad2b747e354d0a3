"""Deeds that look at what the rules concluded: the certificate, what it lacks, the draw again."""

import time
from typing import Any, Final

from cli import anchoring
from cli.anchoring import RECEIPT_SUFFIX
from cli.demo.play import POLL_S, READY_S, Play, place
from cli.demo.story import RECORD, Scene
from cli.stamping import ANSWER_SUFFIX
from cli.words import language, say
from ledger.core.receipt import decode_receipt
from ledger.draws import verify_draw
from ledger.reliance import read_trust

_ISSUED_S: Final = READY_S


def certificate(play: Play, scene: Scene) -> str:
    """Wait for the certificate, and hold it against the list that the node shows."""
    desk = play.desks[scene.by]
    key = play.values.subject(scene.subject)
    until = time.monotonic() + _ISSUED_S
    while (receipt := desk.client.witness(told := desk.client.completeness(key))) is None:
        if time.monotonic() > until:
            play.telling.check(held=False, what=say("demo.no_certificate"), detail=_words(told))
            return say("demo.no_certificate")
        time.sleep(POLL_S)
    play.keep(scene.id, receipt)
    nodes = [node for group in told["groups"] for node in group["nodes"]]
    records = sum(int(node["record_count"]) for node in nodes)
    play.telling.check(held=True, what=say("demo.certified", nodes=len(nodes), records=records))
    return place(receipt)


def uncertified(play: Play, scene: Scene) -> str:
    """There is no certificate, and what lacks is exactly what the scene names."""
    told = play.desks[scene.by].client.completeness(play.values.subject(scene.subject))
    lacking = sorted(
        type_["code"]
        for group in told["groups"]
        for node in group["nodes"]
        if node["state"] in {"missing", "awaited"}
        for type_ in node["types"]
    )
    still_open = sorted(each["type_code"] for each in told["open"])
    as_told = sorted(scene.lacking) == sorted([*lacking, *still_open])
    none_there = told["certificate"] is None
    named = " ".join([*lacking, *still_open])
    play.telling.check(as_told and none_there, say("demo.uncertified", codes=named), _words(told))
    return say("demo.uncertified", codes=named)


def standing(play: Play, scene: Scene) -> str:
    """The status of an address certificate, with what it lacks, proved by signed answers."""
    client = play.desks[scene.by].client
    record_id = play.values.cited(scene.about[0])
    until = time.monotonic() + READY_S
    # The head that a node's answer stands on may be older than the record a moment ago.
    while True:
        told = client.certificate_status(record_id)
        as_told = told.lacks == scene.lacking and told.stated >= told.stated_needed
        if as_told or time.monotonic() > until:
            break
        time.sleep(POLL_S)
    for name, answer in told.answers.items():
        anchoring.beside(play.stage.receipts / f"{scene.id}-{name}", ANSWER_SUFFIX).write_bytes(
            answer.encode()
        )
    lacks = " ".join(told.lacks) or "–"
    facts: dict[str, str | int] = {"lacks": lacks, "stated": told.stated}
    facts["needed"] = told.stated_needed
    play.telling.check(as_told, say("demo.standing", **facts))
    return say("demo.standing", **facts)


def redraw(play: Play, scene: Scene) -> str:
    """The draw recomputed from its receipts, without asking a node."""
    names = [about.removeprefix(RECORD) for about in scene.about]
    paths = [anchoring.beside(play.stage.receipts / name, RECEIPT_SUFFIX) for name in names]
    receipts = [decode_receipt(path.read_bytes()) for path in paths]
    found = verify_draw(receipts, read_trust(play.stage.trust_file))
    places = ", ".join(str(place + 1) for place in found.places)
    play.telling.check(held=found.commitments_shown, what=say("demo.redrawn"))
    return say("demo.places", places=places, pool=found.pool_count)


def _words(told: Any) -> str:
    return " ".join(told["words_zh" if language() == "zh" else "words_en"])
