"""A whole draw as receipts: one that recomputes, and ways in which receipts are not that draw."""

import json
from collections.abc import Sequence

from ledger.core.canonical import Value
from ledger.core.draw import draw_value, drawn, seed_commitment
from ledger.core.identifiers import Digest, HeaderHash, MemberId, RecordId
from ledger.core.record import Record, Ref
from tests.vectors.generate.spelling import Case, Cases
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
        self.stray = self.said("centre", "draw.seed_committed", commitment=Digest(seed("stray")))
        self._block(*self.seeds, self.stray, self.result, self.steered, self.foreign, self.bent)

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


def vectors() -> dict[str, Cases]:
    """`draw/receipts.json`."""
    it = Drawing()
    centre, notary = it.seeds
    needed = (it.request, centre, notary, it.result)
    lacks = "tender.experts_drawn: 0 ≠ 1"
    refused = (
        ("a seed that is not there", "seeders", (it.request, centre, it.result)),
        ("a seed twice", "seed", (*needed, notary)),
        ("another seed than was committed", "places", (it.request, centre, it.bent, it.result)),
        ("places in another order", "places", (it.request, centre, notary, it.steered)),
        ("a result of another draw", "places", (it.request, centre, notary, it.foreign)),
        ("no result", lacks, (it.request, centre, notary)),
        ("a commitment of no seed", "commitment", (*needed, it.stray)),
    )
    cases = [
        _holds("the receipts of a draw", it, needed, shown=False),
        _holds("the commitments too", it, (*it.commitments, *reversed(needed)), shown=True),
        *(
            {**_case(name, it, records), "code": "draw.proof", "what": what}
            for name, what, records in refused
        ),
    ]
    return {"draw/receipts.json": cases}


def _holds(name: str, it: Drawing, records: Sequence[Record], *, shown: bool) -> Case:
    return {
        **_case(name, it, records),
        "proved": {
            "subject": str(it.request.subject),
            "request": it.request.record_id.hex(),
            "result": it.result.record_id.hex(),
            "height": HEIGHT,
            "header": HEADER.hex(),
            "seeders": list(SEEDERS),
            "pool_count": 40,
            "places": list(it.places),
            "commitments_shown": shown,
        },
    }


def _case(name: str, it: Drawing, records: Sequence[Record]) -> Case:
    return {
        "name": name,
        "trust": json.loads(it.network.trust.encode()),
        "receipts": [json.loads(it.network.receipt(each).encode()) for each in records],
    }
