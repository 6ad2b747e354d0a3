"""Witness certificates: the digest over what one lists, and each way to list something else."""

from collections.abc import Sequence

from ledger.core.identifiers import RecordId
from ledger.core.witness import ListedNode, nodes_digest
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import seed

PROFILE, VERSION = "open_tender", 1


def vectors() -> dict[str, Cases]:
    """`witness/digests.json`: no two of them are alike."""
    return {"witness/digests.json": _digests()}


def _digests() -> Cases:
    notice, first, second = (RecordId(seed(name)) for name in ("notice", "bid", "second bid"))
    one: ListedNode = (["tender.announcement"], [notice])
    bids: ListedNode = (["tender.bid_submitted"], [first, second])
    either = ["tender.deposit_paid", "tender.guarantee_verified"]
    return [
        _case("two nodes", [one, bids]),
        _case("another profile", [one, bids], profile="invited_tender"),
        _case("another version", [one, bids], version=2),
        _case("the nodes in another order", [bids, one]),
        _case("the records in another order", [one, (bids[0], [second, first])]),
        _case("a record left out", [one, (bids[0], [first])]),
        _case("a record under another node", [(one[0], [notice, first]), (bids[0], [second])]),
        _case("a node left out", [bids]),
        _case("a node without records", [one, (bids[0], [])]),
        _case("a node of two types", [one, (either, [first, second])]),
        _case("nothing", []),
    ]


def _case(
    name: str, nodes: Sequence[ListedNode], profile: str = PROFILE, version: int = VERSION
) -> Case:
    return {
        "name": name,
        "profile": profile,
        "version": version,
        "nodes": [[list(types), [each.hex() for each in ids]] for types, ids in nodes],
        "digest": nodes_digest(profile, version, nodes).hex(),
    }
