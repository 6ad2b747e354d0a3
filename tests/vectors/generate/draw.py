"""Draws: seeds committed, the value that they make with a header, and the places drawn."""

from ledger.core.draw import draw_value, drawn, seed_commitment
from ledger.core.identifiers import HeaderHash, MemberId, NetworkId, RecordId
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import seed

SEEDS = {"notary": "seed of the notary", "supervisor": "seed of the supervisor"}


def vectors() -> dict[str, Cases]:
    """`draw/draws.json`: draws that are made; `draw/refused.json`: counts that no draw has."""
    return {"draw/draws.json": _draws(), "draw/refused.json": _refused()}


def _draws() -> Cases:
    exchanged = dict(zip(SEEDS, reversed(SEEDS.values()), strict=True))
    three = {**SEEDS, "tenderer": "seed of the tenderer"}
    return [
        _case("five of forty", 40, 5),
        _case("one of one", 1, 1),
        _case("all of a pool", 7, 7),
        _case("another header", 40, 5, header="another header"),
        _case("another seed", 40, 5, seeds={**SEEDS, "notary": "another seed"}),
        _case("the seeds exchanged", 40, 5, seeds=exchanged),
        _case("three seeds", 40, 5, seeds=three),
        _case("another request", 40, 5, request="another request"),
        _case("another network", 40, 5, network="another network"),
        _case("the largest pool", 1 << 20, 9),
        _case("as many as may be drawn", 1000, 99),
    ]


def _refused() -> Cases:
    return [
        {"name": name, "pool_count": pool, "draw_count": count, "code": "format.shape"}
        for name, pool, count in (
            ("nothing drawn", 40, 0),
            ("less than nothing", 40, -1),
            ("more than there are", 4, 5),
            ("an empty pool", 0, 0),
            ("more than may be drawn", 1000, 100),
            ("a pool too large", (1 << 20) + 1, 5),
        )
    ]


def _case(
    name: str,
    pool_count: int,
    draw_count: int,
    *,
    header: str = "header",
    seeds: dict[str, str] = SEEDS,
    request: str = "request",
    network: str = "network",
) -> Case:
    network_id, asked = NetworkId(seed(network)), RecordId(seed(request))
    told = {MemberId(seeder): seed(word) for seeder, word in seeds.items()}
    value = draw_value(network_id, asked, dict(told), HeaderHash(seed(header)))
    return {
        "name": name,
        "network": network_id.hex(),
        "request": asked.hex(),
        "seeds": [
            [seeder, word.hex(), seed_commitment(network_id, asked, seeder, word).hex()]
            for seeder, word in sorted(told.items())
        ],
        "header": seed(header).hex(),
        "value": value.hex(),
        "pool_count": pool_count,
        "draw_count": draw_count,
        "places": list(drawn(value, pool_count, draw_count)),
    }
