"""OCDS record packages: written by a node, and made again by whoever was handed one.

What a package says beside its receipts follows from them. So a reader who compares it knows that
nobody changed a price between the ledger and the file. Spec: ``docs/spec/ocds.md``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from api.ocds.building import JsonObject
from api.ocds.composing import ORGANISATIONS, composed
from api.ocds.items import Item, items_from
from api.ocds.telling import Party
from api.ocds.times import told_time
from ledger.codes import Code
from ledger.core.genesis import Genesis
from ledger.core.identifiers import MemberId, NetworkId, Subject
from ledger.core.receipt import Receipt
from ledger.errors import FormatError, VerificationError
from ledger.trust import TrustRoot

VERSION: Final = "1.1"
EXTENSION: Final = "/v1/ocds-extension/extension.json"
BIDS: Final = (
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_bid_extension"
    "/v1.1.5/extension.json"
)
_OF_THE_NODE: Final = frozenset({"uri", "extensions"})
RootOf = Callable[[NetworkId], TrustRoot]


def own_prefix(genesis: Genesis) -> str:
    """The prefix of ocids where no registered one is named: of this network, and of no registry."""
    return f"bidwitness-{genesis.network_id.hex()[:8]}"


def package_of(
    items: Sequence[Item], genesis: Genesis, prefix: str, address: str, uri: str
) -> JsonObject:
    """The package of some records.

    Args:
        items: as `composed` takes them.
        genesis: of their network.
        prefix: of ocids.
        address: of the node, without a slash at the end; its extension is found there.
        uri: of the package.

    Raises:
        FormatError: `ocds.nothing` where OCDS has a word for none of them.
    """
    records = composed(items, prefix, genesis.domain, _founders(genesis))
    if not records:
        raise FormatError(Code.OCDS_NOTHING)
    return {
        "uri": uri,
        "version": VERSION,
        "extensions": [BIDS, f"{address}{EXTENSION}"],
        **_said_of(items, genesis),
        "records": records,
    }


def check_package(package: Mapping[str, Any], receipts: Sequence[Receipt], root_of: RootOf) -> None:
    """Require that a package says what follows from the receipts inside, which others judge.

    Args:
        package: as it was handed in.
        receipts: that were found in it.
        root_of: the trust root of a network; where the reader has none, nothing can be compared,
            and no receipt holds either.

    Raises:
        FormatError: `ocds.other` with the place that differs; what a decoder raises.
    """
    if any(each.network_id != receipts[0].network_id for each in receipts):
        raise FormatError(Code.OCDS_OTHER, where="network_id")
    try:
        genesis = root_of(receipts[0].network_id).genesis
    except VerificationError:
        return
    items = items_from(receipts, genesis.parameters)
    prefix = _prefix_in(package, {each.record.subject for each in items}, genesis)
    records = composed(items, prefix, genesis.domain, _founders(genesis))
    made = {"version": VERSION, **_said_of(items, genesis), "records": records}
    said = {name: each for name, each in package.items() if not _is_of_the_node(name, each)}
    differs = _difference(said, made)
    if differs is not None:
        raise FormatError(Code.OCDS_OTHER, where=differs[:200])


def _is_of_the_node(name: str, said: Any) -> bool:
    """Whether nothing of it follows from receipts: where it was asked for, and in which words."""
    addresses = said if name == "extensions" and isinstance(said, list) else [said]
    return name in _OF_THE_NODE and all(isinstance(each, str) for each in addresses)


def _said_of(items: Sequence[Item], genesis: Genesis) -> JsonObject:
    """Who publishes, and when something of it changed last."""
    newest = max(each.time_ms for each in items)
    publisher = {"name": genesis.name, "uid": genesis.network_id.hex()}
    return {"publisher": publisher, "publishedDate": told_time(newest)}


def _founders(genesis: Genesis) -> dict[MemberId, Party]:
    """Members that were never registered, because they founded the network."""
    return {
        each.member_id: Party(each.name_zh, each.credit_code)
        for each in genesis.members
        if each.kind in ORGANISATIONS
    }


def _prefix_in(package: Mapping[str, Any], subjects: set[Subject], genesis: Genesis) -> str:
    """The prefix of the first ocid that is not a publisher's own."""
    for each in package["records"]:
        ocid = str(each.get("ocid"))
        found = (ocid.removesuffix(f"-{subject}") for subject in subjects if ocid != subject)
        prefix = min((each for each in found if each != ocid), key=len, default=None)
        if prefix is not None:
            return prefix
    return own_prefix(genesis)


def _difference(found: Any, made: Any) -> str | None:
    """Where two JSON values differ first, as a JSON Pointer; None where they are the same."""
    waiting: list[tuple[str, Any, Any]] = [("", found, made)]
    while waiting:
        pointer, ours, theirs = waiting.pop()
        if isinstance(ours, dict) and isinstance(theirs, dict):
            names = sorted({*ours, *theirs}, reverse=True)
            missing = [name for name in names if (name in ours) != (name in theirs)]
            if missing:
                return f"{pointer}/{missing[-1]}"
            waiting += [(f"{pointer}/{name}", ours[name], theirs[name]) for name in names]
        elif isinstance(ours, list) and isinstance(theirs, list | tuple):
            if len(ours) != len(theirs):
                return f"{pointer}/{min(len(ours), len(theirs))}"
            pairs = list(zip(ours, theirs, strict=True))
            waiting += [
                (f"{pointer}/{place}", *pairs[place]) for place in reversed(range(len(pairs)))
            ]
        elif isinstance(ours, bool) or isinstance(theirs, bool) or ours is None:
            if ours is not theirs:
                return pointer
        elif ours != theirs:
            return pointer
    return None
