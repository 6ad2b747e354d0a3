"""The draws of a story: pools, the seeds of two organisations, and the places drawn.

The pool of experts or inspectors is a list of salted commitments to persons; only its keeper holds
it. That of registrations is the list of their records, which everybody has.
"""

from dataclasses import dataclass, field
from typing import Final

from nacl.utils import random

from cli.demo.values import Values
from cli.desk import Desk
from ledger.core import merkle
from ledger.core.canonical import Value
from ledger.core.draw import SEED_BYTES, draw_value, drawn, seed_commitment
from ledger.core.hashing import LeafKind, leaf_data
from ledger.core.identifiers import DIGEST_BYTES, Digest, HeaderHash, MemberId

POOL_COUNT: Final = 60
"""Experts in the library of one city and one trade."""


@dataclass(slots=True)
class Drawing:
    """What seeders and the extraction system keep to themselves until it is their turn."""

    values: Values
    reader: Desk
    """Whose nodes are asked for the block."""
    _seeds: dict[tuple[str, MemberId], bytes] = field(default_factory=dict)
    """By request and seeder."""

    def pool(self, _: list[str]) -> dict[str, Value]:
        """Root and length of a pool of persons."""
        persons = [random(DIGEST_BYTES) for _ in range(POOL_COUNT)]
        root = merkle.root(merkle.leaf_hash(person) for person in persons)
        return {"pool_root": root, "pool_count": POOL_COUNT}

    def registrations(self, names: list[str]) -> dict[str, Value]:
        """Root and length of the pool of these registrations."""
        leaves = self._leaves(names)
        return {"pool_root": merkle.root(leaves), "pool_count": len(leaves)}

    def committed(self, what: list[str]) -> dict[str, Value]:
        """A fresh seed of a member, as its commitment."""
        request, member = what[0], MemberId(what[1])
        self._seeds[request, member] = random(SEED_BYTES)
        network, asked = self.values.network_id, self.values.records[request]
        seed = self._seeds[request, member]
        return {"commitment": seed_commitment(network, asked, member, seed)}

    def revealed(self, what: list[str]) -> dict[str, Value]:
        """The seed of a member for a draw."""
        request, member = what
        return {"seed": self._seeds[request, MemberId(member)]}

    def drawn(self, what: list[str]) -> dict[str, Value]:
        """The places, as the seeds and the header of the block say; the nodes judge both."""
        (request,) = what
        asked = self.values.written[request].fields
        height, count, pool = asked["draw_height"], asked["draw_count"], asked["pool_count"]
        if not isinstance(height, int) or not isinstance(count, int) or not isinstance(pool, int):
            raise TypeError(request)
        block = self.reader.client.nodes.json(f"/v1/blocks/{height}")
        header = HeaderHash(bytes.fromhex(block["header"]["hash"]))
        network, cited = self.values.network_id, self.values.records[request]
        seeds = {member: seed for (of, member), seed in self._seeds.items() if of == request}
        value = draw_value(network, cited, seeds, header)
        return {"header": header, "places": drawn(value, pool, count)}

    def inspected(self, what: list[str]) -> dict[str, Value]:
        """Where the registration that was drawn stands in its pool, and which inspector was.

        Args:
            what: names of both results, then those of all registrations of the pool.
        """
        of, inspectors, *names = what
        place, leaves = self.values.picked(of), self._leaves(names)
        tree = merkle.Tree(leaves)
        inspector = self.values.picked(inspectors)
        return {"place": place, "path": tree.path(place), "inspector_place": inspector}

    def _leaves(self, names: list[str]) -> list[Digest]:
        records = (self.values.records[name] for name in names)
        return [merkle.leaf_hash(leaf_data(LeafKind.RECORD, each)) for each in records]
