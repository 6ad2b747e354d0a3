"""A draw recomputed from its receipts, offline; and each way in which it is not that draw."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from ledger.codes import Code
from ledger.core.receipt import decode_receipt
from ledger.core.record import Record, Ref
from ledger.draws import verify_draw
from ledger.errors import VerificationError
from ledger.trust import decode_trust
from ledger.verify import verify_receipt
from tests.vectors.generate.__main__ import ROOT
from tests.vectors.generate.drawn import HEADER, HEIGHT, Drawing
from tests.vectors.generate.sealed import commitment_record, opening_record, sealed_record

CASES = json.loads((ROOT / "draw" / "receipts.json").read_bytes())


def why_not(it: Drawing, *records: Record) -> str:
    receipts = [it.network.receipt(each) for each in records]
    try:
        verify_draw(receipts, it.network.trust)
    except VerificationError as problem:
        assert problem.code is Code.DRAW_PROOF
        return str(problem.detail["what"])
    return ""


def test_a_draw_recomputes_from_request_seeds_and_result() -> None:
    drawing = Drawing()
    network = drawing.network
    needed = [drawing.result, *drawing.seeds, drawing.request]
    found = verify_draw([network.receipt(each) for each in needed], network.trust)
    assert found.places == drawing.places
    assert found.height == HEIGHT and found.header == HEADER
    assert not found.commitments_shown
    shown = [network.receipt(each) for each in (*needed, *drawing.commitments)]
    assert verify_draw(shown, network.trust).commitments_shown


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_the_vectors_of_draws_are_judged_as_they_say(case: dict[str, Any]) -> None:
    trust = decode_trust(json.dumps(case["trust"]).encode())
    receipts = [decode_receipt(json.dumps(each).encode()) for each in case["receipts"]]
    if "code" in case:
        with pytest.raises(VerificationError) as refused:
            verify_draw(receipts, trust)
        assert (refused.value.code, refused.value.detail["what"]) == (case["code"], case["what"])
        return
    found = verify_draw(receipts, trust)
    assert case["proved"] == {
        "subject": found.subject,
        "request": found.request_id.hex(),
        "result": found.result_id.hex(),
        "height": found.height,
        "header": found.header.hex(),
        "seeders": list(found.seeders),
        "pool_count": found.pool_count,
        "places": list(found.places),
        "commitments_shown": found.commitments_shown,
    }


def test_what_is_missing_or_does_not_follow_is_said() -> None:
    it = Drawing()
    centre, notary = it.seeds
    assert why_not(it, it.request, centre, notary, it.result) == ""
    assert why_not(it, it.request, centre, it.result) == "seeders"
    assert why_not(it, it.request, centre, notary, notary, it.result) == "seed"
    assert why_not(it, it.request, centre, notary, it.steered) == "places"
    assert why_not(it, it.request, centre, notary, it.foreign) == "places"
    assert why_not(it, it.request, centre, it.bent, it.result) == "places"
    assert "tender.experts_drawn" in why_not(it, it.request, centre, notary)
    assert "tender.expert_draw_requested" in why_not(it, centre, notary, it.result)
    first, second = it.commitments
    assert why_not(it, it.request, centre, notary, it.result, first) == ""
    assert why_not(it, it.request, centre, it.bent, it.result, second) == "places"


def test_a_result_that_came_out_of_a_seal_is_no_draw() -> None:
    it = Drawing()
    steered = {"header": HEADER, "places": tuple(range(5))}
    sealed = sealed_record(
        "steered",
        type="tender.experts_drawn",
        refs=(Ref("follows", it.request.record_id),),
        fields=steered,
    )
    commitment = commitment_record("commitment", sealed)
    opening = opening_record("opening", sealed, commitment)
    it.network.commit([it.network.bundle([commitment, opening])])
    smuggled = it.network.inner_receipt(opening, commitment)
    assert verify_receipt(smuggled, it.network.trust).record.fields == steered
    shown = [it.network.receipt(each) for each in (it.request, *it.seeds)]
    with pytest.raises(VerificationError, match=r"receipt\.opened"):
        verify_draw([*shown, smuggled], it.network.trust)


def test_the_command_recomputes_the_draw_and_says_what_the_quorum_vouches_for(
    tmp_path: Path,
) -> None:
    it = Drawing()
    files = []
    for number, record in enumerate([it.request, *it.seeds, it.result, it.steered]):
        files.append(tmp_path / f"{number}.receipt.json")
        files[-1].write_bytes(it.network.receipt(record).encode())
    trust = tmp_path / "trust.json"
    trust.write_bytes(it.network.trust.encode())
    run = CliRunner().invoke
    told = run(app, ["draw", *map(str, files[:4]), "--trust", str(trust), "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["places"] == list(it.places)
    steered = run(app, ["draw", *map(str, [*files[:3], files[4]]), "--trust", str(trust)])
    assert isinstance(steered.exception, VerificationError)
    absent = run(app, ["draw", str(tmp_path / "none.json"), "--trust", str(trust)])
    assert absent.exception is not None
    with pytest.raises(VerificationError):
        verify_draw([], it.network.trust)
