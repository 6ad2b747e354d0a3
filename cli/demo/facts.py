"""Facts of a record that are computed together: a list and its proofs, a status, opened scores.

What a scene writes as ``facts = "@word:what"`` becomes several fields at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from nacl.utils import random

from cli.demo.addresses import Addresses
from cli.demo.drawing import Drawing
from cli.demo.values import Values
from cli.desk import Desk
from ledger.core.canonical import Value
from ledger.core.negative_list import NegativeList
from ledger.core.signing import SEED_BYTES
from ledger.core.vrf import VrfKey

SCORE: Final = "score"


@dataclass(slots=True)
class Facts:
    """What the keepers of such facts hold."""

    values: Values
    reader: Desk
    """Whose nodes are asked."""
    region: str
    """Of the negative list."""
    drawing: Drawing
    addresses: Addresses
    _key: VrfKey = field(default_factory=lambda: VrfKey(random(SEED_BYTES)))
    _list: NegativeList | None = None

    def of(self, raw: str) -> dict[str, Value]:
        """The fields that ``@word:what`` stands for; none where it is empty.

        Raises:
            ValueError: for a word that means nothing.
        """
        if not raw:
            return {}
        known: Mapping[str, Callable[[list[str]], dict[str, Value]]] = {
            "@list": self._published,
            "@list_check": self._checked,
            "@owner": self.addresses.owner,
            "@owner_salt": self.addresses.salt,
            "@snapshot": self.addresses.snapshot,
            "@registrations": self.drawing.registrations,
            "@inspectors": self.drawing.pool,
            "@inspected": self.drawing.inspected,
            "@seal_status": self._status,
            "@scores": self._scores,
            "@pool": self.drawing.pool,
            "@seed_commitment": self.drawing.committed,
            "@seed": self.drawing.revealed,
            "@drawn": self.drawing.drawn,
        }
        word, _, what = raw.partition(":")
        if word not in known:
            raise ValueError(raw)
        return known[word](what.split())

    def _published(self, addresses: Sequence[str]) -> dict[str, Value]:
        """The next version of the negative list, of these addresses."""
        version = 1 if self._list is None else self._list.head.version + 1
        self._list = NegativeList(f"LIST-{self.region}", version, addresses, self._key)
        return self._list.head.fields()

    def _checked(self, addresses: Sequence[str]) -> dict[str, Value]:
        """Whether one address is on the newest version, with the proof."""
        (address,) = addresses
        if self._list is None:
            raise ValueError("@list_check before @list")
        return self._list.check(address)

    def _status(self, seals: Sequence[str]) -> dict[str, Value]:
        """What a node answers about a seal now: its newest block, that block's time, the status."""
        (seal,) = seals
        return self.reader.client.seal_status(seal).fields()

    def _scores(self, names: Sequence[str]) -> dict[str, Value]:
        """The scores that a report opens: records, values and salts in one order."""
        opened = [self.values.openings[name][0] for name in names]
        return {
            "scores": tuple(self.values.records[name] for name in names),
            "values": tuple(each.value for each in opened),
            "salts": b"".join(each.salt for each in opened),
        }
