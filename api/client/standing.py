"""How records stand now, asked of f + 1 nodes: what each says, and what enough of them say alike.

The answers are the nodes' word and not proved: of f + 1 nodes of the committee one at least is
honest, and what none of them says counts for nothing. Each is known by its address alone, so over
plain http also by whoever stands between. Spec: ``docs/spec/verifying.md``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.client.client import Client
from api.client.nodes import ClientError, Nodes
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.errors import LedgerError
from ledger.trust import TrustRoot

VALID: Final = "valid"
UNKNOWN: Final = "unknown"
"""Not enough nodes answered."""
DISPUTED: Final = "disputed"
"""Nodes contradict each other, and not enough of them say that it is valid."""
STANDS: Final = frozenset(
    {
        *(VALID, "awaiting", "amended", "voided", "withdrawn", "superseded"),
        *("revoked", "suspended", "fact_ended", "expired"),
    }
)
"""What a node may say."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one address answered."""

    url: str
    node_id: str
    """As it says; empty where it did not."""
    stands: str
    """Empty where it gave no answer that counts."""
    height: int
    """Of its newest block."""
    time_ms: int
    problem: str
    """The code of why it did not count; empty where it did."""


@dataclass(frozen=True, slots=True)
class StoodNow:
    """How a record stands, as far as nodes say."""

    stands: str
    """What `needed` nodes say alike, else `UNKNOWN` or `DISPUTED`."""
    needed: int
    """f + 1."""
    said: tuple[Said, ...]
    """One for each address."""

    @property
    def in_effect(self) -> bool | None:
        """Whether it is valid; None where nobody knows."""
        return None if self.stands == UNKNOWN else self.stands == VALID


class StandingDesk:
    """Asks every node of one network at some addresses."""

    def __init__(
        self, urls: Sequence[str], trust: TrustRoot, certificate_file: Path | None = None
    ) -> None:
        """A desk that asked nobody yet.

        Args:
            urls: base URLs of nodes.
            trust: of the network.
            certificate_file: as of `Nodes`.

        Raises:
            FormatError: `tls.file`.
        """
        distinct = tuple(dict.fromkeys(each.rstrip("/") for each in urls))
        with Client(distinct, trust, certificate_file=certificate_file) as client:
            # Epochs after the trust root's are verified; where nobody answers it stays as it is.
            self._trust = client.follow()
        self._asked = [(url, Nodes([url], certificate_file=certificate_file)) for url in distinct]
        self._known: dict[str, str] = {}

    def close(self) -> None:
        """Close all connections."""
        for _, nodes in self._asked:
            nodes.close()

    def ask(self, record_id: RecordId) -> StoodNow:
        """How a record stands now."""
        said: list[Said] = []
        for url, nodes in self._asked:
            try:
                said.append(self._said(url, nodes, record_id, said))
            except LedgerError as problem:
                said.append(Said(url, self._known.get(url, ""), "", 0, 0, problem.code.value))
        return _agreed(tuple(said), self._trust.committee.f + 1)

    def _said(self, url: str, nodes: Nodes, record_id: RecordId, before: Sequence[Said]) -> Said:
        if url not in self._known:
            self._known[url] = self._node_at(url, nodes)
        node_id = self._known[url]
        if any(each.node_id == node_id and each.stands for each in before):
            raise ClientError(Code.API_ANSWER, node=url, what=f"this_node: {node_id}")
        path = f"/v1/records/{record_id.hex()}/standing"
        told = nodes.json(path)
        fits = isinstance(told, dict) and told.get("record_id") == record_id.hex()
        stands, height, time_ms = ((told if fits else {}).get(each) for each in _NAMES)
        if stands not in STANDS or type(height) is not int or type(time_ms) is not int:
            raise ClientError(Code.API_ANSWER, node=url, what="stands")
        return Said(url, node_id, str(stands), height, time_ms, "")

    def _node_at(self, url: str, nodes: Nodes) -> str:
        """The node of the committee that answers there: nobody else's word counts."""
        told = nodes.json("/v1/network")
        node_id = told.get("this_node") if isinstance(told, dict) else None
        ours = isinstance(told, dict) and told.get("network_id") == self._trust.network_id.hex()
        if not ours or node_id not in {each.node_id for each in self._trust.committee.nodes}:
            raise ClientError(Code.API_ANSWER, node=url, what="this_node")
        return str(node_id)


_NAMES: Final = ("stands", "height", "time_ms")


def _agreed(said: tuple[Said, ...], needed: int) -> StoodNow:
    """What enough nodes say; of two words the one that warns, because heads differ in age."""
    counts = Counter(each.stands for each in said if each.stands)
    warned = [word for word, count in counts.items() if count >= needed and word != VALID]
    if warned:
        return StoodNow(warned[0], needed, said)
    if counts[VALID] >= needed:
        return StoodNow(VALID, needed, said)
    others = any(word != VALID for word in counts)
    return StoodNow(DISPUTED if others else UNKNOWN, needed, said)
