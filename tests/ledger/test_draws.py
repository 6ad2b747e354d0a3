"""A draw recomputed from its receipts, offline; and each way in which it is not that draw."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.draw import draw_value, drawn, seed_commitment
from ledger.core.identifiers import Digest, HeaderHash, MemberId, RecordId
from ledger.core.record import Record, Ref
from ledger.draws import verify_draw
from ledger.errors import VerificationError
from ledger.verify import verify_receipt
from tests.vectors.generate.sealed import commitment_record, opening_record, sealed_record
from tests.vectors.small_network import SmallNetwork, seed, small_record

SEEDERS = ("centre", "notary")
HEIGHT = 3
HEADER = HeaderHash(Digest(seed("header")))


class Drawing:
    """A small network on whose ledger stands one draw of five places out of forty."""

    def __init__(self) -> None:
        self.network = SmallNetwork()
        self.request = small_record(
            "draw",
            type="tender.expert_draw_requested",
            fields={
                "seeders": SEEDERS,
                "draw_height": HEIGHT,
                "pool_count": 40,
                "draw_count": 5,
            },
        )
        self.network.commit([self.network.bundle([self.request])])
        self.commitments = [self._commitment(each) for each in SEEDERS]
        self._block(*self.commitments)
        self.network.commit([self.network.bundle([small_record("between")])])
        self.seeds = [self.said(each, "draw.seed_revealed", seed=seed(each)) for each in SEEDERS]
        value = draw_value(
            self.network.network_id,
            self.request.record_id,
            {MemberId(each): seed(each) for each in SEEDERS},
            HEADER,
        )
        self.places = drawn(value, 40, 5)
        self.result = self.said("centre", "tender.experts_drawn", header=HEADER, places=self.places)
        self.steered = self.said(
            "centre", "tender.experts_drawn", header=HEADER, places=self.places[::-1]
        )
        self.foreign = self.said(
            "centre", "tender.experts_drawn", request=RecordId(seed("x")),
            header=HEADER, places=self.places,
        )  # fmt: skip
        self.bent = self.said("notary", "draw.seed_revealed", seed=seed("bent"))
        self._block(*self.seeds, self.result, self.steered, self.foreign, self.bent)

    def said(
        self, issuer: str, type_key: str, request: RecordId | None = None, **fields: Value
    ) -> Record:
        cited = Ref("follows", request or self.request.record_id)
        name = f"{type_key} {issuer} {fields!r} {request!r}"
        return small_record(
            name, issuer, type=type_key, subject="S/1", evidence=(), refs=(cited,), fields=fields
        )

    def _commitment(self, seeder: str) -> Record:
        network, request = self.network.network_id, self.request.record_id
        digest = seed_commitment(network, request, MemberId(seeder), seed(seeder))
        return self.said(seeder, "draw.seed_committed", commitment=digest)

    def _block(self, *records: Record) -> None:
        self.network.commit([self.network.bundle([each], str(each.issuer)) for each in records])

    def why_not(self, *records: Record) -> str:
        receipts = [self.network.receipt(each) for each in records]
        try:
            verify_draw(receipts, self.network.trust)
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


def test_what_is_missing_or_does_not_follow_is_said() -> None:
    it = Drawing()
    centre, notary = it.seeds
    assert it.why_not(it.request, centre, notary, it.result) == ""
    assert it.why_not(it.request, centre, it.result) == "seeders"
    assert it.why_not(it.request, centre, notary, notary, it.result) == "seed"
    assert it.why_not(it.request, centre, notary, it.steered) == "places"
    assert it.why_not(it.request, centre, notary, it.foreign) == "places"
    assert it.why_not(it.request, centre, it.bent, it.result) == "places"
    assert "tender.experts_drawn" in it.why_not(it.request, centre, notary)
    assert "tender.expert_draw_requested" in it.why_not(centre, notary, it.result)
    first, second = it.commitments
    assert it.why_not(it.request, centre, notary, it.result, first) == ""
    assert it.why_not(it.request, centre, it.bent, it.result, second) == "places"


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
