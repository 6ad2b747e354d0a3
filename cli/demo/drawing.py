"""The expert draw of the story: the pool, the seeds of two organisations, and the places drawn.

The pool is a list of salted commitments to persons; only the extraction system holds it.
"""

from dataclasses import dataclass, field
from typing import Final

from nacl.utils import random

from cli.demo.values import Values
from cli.desk import Desk
from ledger.core import merkle
from ledger.core.canonical import Value
from ledger.core.draw import SEED_BYTES, draw_value, drawn, seed_commitment
from ledger.core.identifiers import DIGEST_BYTES, HeaderHash, MemberId

POOL_COUNT: Final = 60
"""Experts in the library of one city and one trade."""


@dataclass(slots=True)
class Drawing:
    """What seeders and the extraction system keep to themselves until it is their turn."""

    values: Values
    reader: Desk
    """Whose nodes are asked for the block."""
    _seeds: dict[MemberId, bytes] = field(default_factory=dict)

    def pool(self, _: list[str]) -> dict[str, Value]:
        """Root and length of the pool."""
        persons = [random(DIGEST_BYTES) for _ in range(POOL_COUNT)]
        root = merkle.root(merkle.leaf_hash(person) for person in persons)
        return {"pool_root": root, "pool_count": POOL_COUNT}

    def committed(self, what: list[str]) -> dict[str, Value]:
        """A fresh seed of a member, as its commitment."""
        request, member = what[0], MemberId(what[1])
        self._seeds[member] = random(SEED_BYTES)
        network, asked = self.values.network_id, self.values.records[request]
        return {"commitment": seed_commitment(network, asked, member, self._seeds[member])}

    def revealed(self, what: list[str]) -> dict[str, Value]:
        """The seed of a member."""
        return {"seed": self._seeds[MemberId(what[0])]}

    def drawn(self, what: list[str]) -> dict[str, Value]:
        """The places, as the seeds and the header of the block say; the nodes judge both."""
        (request,) = what
        asked = self.values.written[request].fields
        height, count = asked["draw_height"], asked["draw_count"]
        if not isinstance(height, int) or not isinstance(count, int):
            raise TypeError(request)
        block = self.reader.client.nodes.json(f"/v1/blocks/{height}")
        header = HeaderHash(bytes.fromhex(block["header"]["hash"]))
        network, cited = self.values.network_id, self.values.records[request]
        value = draw_value(network, cited, self._seeds, header)
        return {"header": header, "places": drawn(value, POOL_COUNT, count)}
