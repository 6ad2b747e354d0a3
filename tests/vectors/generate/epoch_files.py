"""The files of a reader who follows a network's epochs: links alone, and a trust root with anchors."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ledger.core.canonical import encode
from ledger.core.epoch_link import EpochLink
from ledger.core.epochs_file import EpochsFile
from ledger.core.identifiers import LogIndex, NetworkId, PublicKey
from ledger.core.receipt import Receipt
from ledger.core.record import Record
from ledger.core.strict_json import base64
from ledger.epoch_links import led
from ledger.trust import TrustRoot
from tests.vectors.generate.epoch_links import Epochs, certificate, grown, node_of
from tests.vectors.generate.receipts import bent
from tests.vectors.generate.spelling import Case, Cases
from tests.vectors.small_network import small_record


def vectors() -> dict[str, Cases]:
    """`epochs/files.json`, `epochs/anchors.json` and `epochs/receipts.json`."""
    return {
        "epochs/files.json": [*_followed(), *_not_followed(), *_forms()],
        "epochs/anchors.json": _anchors(),
        "epochs/receipts.json": _receipts(),
    }


def _spelled(value: bytes) -> Any:
    return json.loads(value)


def _case(name: str, trust: TrustRoot, file: Any, code: str | None, epoch: int | None) -> Case:
    return {
        "name": name,
        "trust": _spelled(trust.encode()),
        "file": file,
        "code": code,
        "epoch": epoch,
        "led": None,
    }


def _file(here: Epochs, *links: EpochLink) -> Any:
    return _spelled(EpochsFile(here.network.network_id, links).encode())


def _followed() -> Cases:
    here, _, _ = grown()
    trust, (one, two) = here.network.trust, here.links
    first, both = led(trust, [one]), led(trust, [one, two])

    def holds(name: str, known: TrustRoot, links: tuple[EpochLink, ...], then: TrustRoot) -> Case:
        case = _case(name, known, _file(here, *links), None, then.committee.epoch)
        return case | {"led": _spelled(then.encode())}

    return [
        holds("from the genesis to the newest", trust, (one, two), both),
        holds("one epoch further", trust, (one,), first),
        holds("from an anchor on", first, (two,), both),
        holds("what is known already, and more", first, (one, two), both),
        holds("nothing new", both, (one,), both),
        holds("no links", both, (), both),
    ]


def _not_followed() -> Cases:
    here, _, _ = grown()
    trust, (one, two) = here.network.trust, here.links
    first, both = led(trust, [one]), led(trust, [one, two])
    old, middle, _ = here.committees
    headers = {each.encode(): each for each in here.network.headers}
    link = "receipt.epoch_link"

    def fails(name: str, known: TrustRoot, *links: EpochLink, code: str = link) -> Case:
        return _case(name, known, _file(here, *links), code, None)

    def by(votes: int | None = None, skipped: int = 0, **how: Any) -> EpochLink:
        signed = certificate(headers[two.header], how.get("of", middle), votes, None, skipped)
        return replace(two, certificate=signed.encode())

    def of_another_network() -> Case:
        file = EpochsFile(NetworkId(bytes(32)), (one, two))
        return _case("another network", trust, _spelled(file.encode()), "receipt.network", None)

    stranger = Epochs()
    stranger.commit(small_record("of another chain"))
    stranger.change(stranger.following(*stranger.committee.nodes, node_of("court")))
    (other,) = stranger.links
    later = Epochs()
    for number in range(9):
        later.commit(small_record(f"later {number}"))
    later.change(later.following(*later.committee.nodes, node_of("archive")))
    (postponed,) = later.links
    return [
        of_another_network(),
        fails("first link missing", trust, two),
        fails("links out of order", trust, two, one),
        fails("a link twice", trust, one, one, two),
        fails("a known epoch with another committee", first, other),
        fails("a known epoch that ended elsewhere", first, postponed),
        fails("certified by the committee before", trust, one, by(of=old)),
        fails("certified by the new committee alone", first, by(skipped=2)),
        fails("certified by too few", first, by(votes=3)),
        fails("path to another root", first, replace(two, path=bent(two.path))),
        fails("change at another index", first, replace(two, index=LogIndex(two.index - 1))),
        fails("entry of another record", first, replace(two, record=one.record)),
        fails("header of another block", first, replace(two, header=one.header)),
        fails("a false link into known epochs", both, replace(one, path=bent(one.path))),
        fails("record truncated", first, replace(two, record=two.record[:-1]),
              code="format.truncated"),
    ]  # fmt: skip


def _forms() -> Cases:
    here, _, _ = grown()
    trust, good = here.network.trust, _file(here, *here.links)
    first = good["links"][0]

    def fails(name: str, file: Any, code: str = "format.shape") -> Case:
        return _case(name, trust, file, code, None)

    return [
        fails("another format", good | {"format": "bidwitness.receipt"}),
        fails("version 2", good | {"version": 2}, "format.version"),
        fails("an unknown name", good | {"newest": 2}),
        fails("no network id", {key: value for key, value in good.items() if key != "network_id"}),
        fails("network id of 31 bytes", good | {"network_id": "00" * 31}),
        fails("links are one", good | {"links": first}),
        fails("257 links", good | {"links": [{}] * 257}),
        fails("a link without a certificate", good | {"links": [
            {key: value for key, value in first.items() if key != "certificate"}]}),
    ]  # fmt: skip


def _anchors() -> Cases:
    here, _, _ = grown()
    good = _spelled(led(here.network.trust, here.links).encode())
    one, two = good["anchors"]

    def case(name: str, change: Callable[[Any], object], code: str | None) -> Case:
        trust = json.loads(json.dumps(good))
        change(trust)
        return {"name": name, "text": json.dumps(trust, ensure_ascii=False), "code": code}

    def anchored(name: str, anchors: Any, code: str) -> Case:
        return case(name, lambda v: v.update(anchors=anchors), code)

    invalid, shape = "trust.invalid", "format.shape"
    rows = [node.value() for node in here.committees[1].nodes]
    twice = here.committees[1].nodes[0]
    weak = replace(twice, node_key=PublicKey(bytes(32))).value()
    return [
        case("two anchors", lambda v: None, None),
        case("without words", lambda v: v.update(words={}), None),
        case("one anchor", lambda v: v.update(anchors=[one]), None),
        case("version 1 with anchors", lambda v: v.update(version=1), shape),
        case("version 3", lambda v: v.update(version=3), "format.version"),
        case("no anchors", lambda v: v.pop("anchors"), shape),
        case("words are an array", lambda v: v.update(words=[]), invalid),
        anchored("no anchor at all", [], invalid),
        anchored("anchors are one", one, shape),
        anchored("1,025 anchors", [{}] * 1_025, shape),
        anchored("an epoch left out", [two], invalid),
        anchored("epochs out of order", [two, one], invalid),
        anchored("an epoch twice", [one, one | {"began_at": two["began_at"]}], invalid),
        anchored("epoch 0", [one | {"epoch": 0}], invalid),
        anchored("begun at 0", [one | {"began_at": 0}], shape),
        anchored("begun no later than the one before", [one, two | {"began_at": one["began_at"]}],
                 invalid),
        anchored("an unknown name", [one | {"root": "00"}], shape),
        anchored("half a committee", [one | {"committee": base64(b"\x91")}], "format.truncated"),
        anchored("a committee with a node twice", [one | {"committee": base64(
            encode((*rows, twice.value())))}], "committee.invalid"),
        anchored("a committee of nobody", [one | {"committee": base64(encode(()))}],
                 "committee.invalid"),
        anchored("a weak key", [one | {"committee": base64(encode((weak, *rows[1:])))}],
                 "key.weak"),
    ]  # fmt: skip


def _receipts() -> Cases:
    """Receipts under trust roots with anchors: what links they need, and what is not proved."""
    here, first, after = grown()
    trust, (one, two) = here.network.trust, here.links
    young, both = led(trust, [one]), led(trust, [one, two])
    under_first = _of_the_first_epoch()
    former, since = "former_keys", "former_keys_since"

    def case(
        name: str, known: TrustRoot, receipt: Receipt, caveat: str = "", code: str | None = None
    ) -> Case:
        return {
            "name": name,
            "trust": _spelled(known.encode()),
            "receipt": _spelled(receipt.encode()),
            "caveat": caveat or None,
            "step": None if code is None else 8 if code == "receipt.quorum" else 7,
            "code": code,
        }

    def receipt(record: Record, *links: EpochLink) -> Receipt:
        return here.receipt(record, links)

    old = ("centre", "supervisor", "registry")
    by_former = replace(here.network.receipt(after, old), epochs=())
    link = "receipt.epoch_link"
    return [
        case("genesis alone, all links", trust, receipt(after, one, two), former),
        case("last anchor, no links", both, receipt(after), since),
        case("last anchor, all links", both, receipt(after, one, two), since),
        case("last anchor, some links", both, receipt(after, two), since),
        case("first anchor, links from there on", young, receipt(after, two), since),
        case("last anchor, a record of the first epoch", both, receipt(first), since),
        case("last anchor, a head of the first epoch", both, under_first, former),
        case("first anchor, link missing", young, receipt(after), code="receipt.epoch"),
        case("last anchor, a link short of the head", both, receipt(after, one),
             code="receipt.epoch"),
        case("last anchor, a false link", both, receipt(after, replace(one, path=bent(one.path))),
             code=link),
        case("last anchor, cosigned by the first committee", both, by_former,
             code="receipt.quorum"),
    ]  # fmt: skip


def _of_the_first_epoch() -> Receipt:
    here, record = Epochs(), small_record("first")
    here.commit(record)
    return here.receipt(record)
