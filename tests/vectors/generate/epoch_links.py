"""Receipts across epochs: a network that changes its committee twice, and the ways a link fails."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ledger.core.canonical import Value, encode
from ledger.core.certificate import CommitCertificate, Slot, vote_body
from ledger.core.committee import Committee, CommitteeNode
from ledger.core.committee_change import CHANGE_TYPE, committee_bytes
from ledger.core.epoch_link import EpochLink
from ledger.core.hashing import Tag
from ledger.core.identifiers import (
    Digest,
    Epoch,
    LogIndex,
    MemberId,
    NodeId,
    PublicKey,
    Subject,
    View,
)
from ledger.core.receipt import Receipt
from ledger.core.record import Record
from ledger.core.signing import sign_tagged
from tests.bits import flipped
from tests.vectors.generate.receipts import bent, fails, holds, item_but
from tests.vectors.generate.spelling import Cases
from tests.vectors.small_network import SmallNetwork, seed, signer, small_record

NEWCOMERS = ("archive", "court")


def node_of(member: str) -> CommitteeNode:
    """The node of a member, by the keys of its name."""
    return CommitteeNode(
        NodeId(f"node-{member}"),
        MemberId(member),
        signer(f"node {member}").public_key,
        signer(f"log {member}").public_key,
        Digest(seed(f"tls {member}")),
    )


def change_record(after: Committee, **fields: Value) -> Record:
    """The change to the committee `after`; `fields` replaces what it says, true or not."""
    said: dict[str, Any] = {"epoch": after.epoch, "committee": committee_bytes(after)}
    return small_record(
        f"change {after.epoch}",
        type=CHANGE_TYPE,
        subject=Subject("archive"),
        evidence=(),
        fields=said | fields,
    )


@dataclass
class Epochs:
    """The network of four departments, and the committees and links so far."""

    network: SmallNetwork = field(default_factory=SmallNetwork)
    links: list[EpochLink] = field(default_factory=list)
    committees: list[Committee] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.committees = [self.network.genesis.committee]

    @property
    def committee(self) -> Committee:
        """In force for the next block."""
        return self.committees[-1]

    def following(self, *nodes: CommitteeNode) -> Committee:
        """These nodes in the next epoch."""
        return Committee(Epoch(self.committee.epoch + 1), nodes)

    def commit(self, *records: Record) -> None:
        """One block of the present epoch."""
        bundles = [self.network.bundle(records)]
        self.network.commit(bundles, epoch=self.committee.epoch)

    def change(self, committee: Committee, record: Record | None = None) -> None:
        """Close the epoch by the change to `committee`; `record` stands in for it."""
        said = record or change_record(committee)
        self.commit(small_record(f"before {committee.epoch}"), said)
        self.links.append(self.link(said, self.committee))
        self.committees.append(committee)

    def link(self, record: Record, signers: Committee) -> EpochLink:
        """The link by a record of the newest block, certified by the first q of `signers`."""
        network, header = self.network, self.network.headers[-1]
        data = record.encode()
        index = next(at for at, each in network.placed.items() if each.record == data)
        return EpochLink(
            record=data,
            entry=network.leaves[index],
            index=LogIndex(index),
            path=network.path(index),
            header=header.encode(),
            certificate=certificate(header, signers).encode(),
        )

    def receipt(self, record: Record, links: Sequence[EpochLink] | None = None) -> Receipt:
        """Of a record under the newest head, cosigned by the committee in force."""
        members = [node.node_id.removeprefix("node-") for node in self.committee.nodes]
        made = self.network.receipt(record, members)
        return replace(made, epochs=tuple(self.links if links is None else links))


def certificate(
    header: Any,
    signers: Committee,
    votes: int | None = None,
    epoch: int | None = None,
    skipped: int = 0,
) -> CommitCertificate:
    """The certificate of a header by the first nodes of `signers`, behind some that are skipped."""
    named = header.epoch if epoch is None else Epoch(epoch)
    slot = Slot(header.network_id, named, header.height, View(0))
    body = vote_body(slot, header.hash())
    cast = tuple(
        (node.node_id, sign_tagged(signer(f"node {node.member_id}"), Tag.COMMIT, body))
        for node in signers.nodes[skipped:][: signers.q if votes is None else votes]
    )
    return CommitCertificate(slot, header.hash(), cast)


def grown(last: str = "after") -> tuple[Epochs, Record, Record]:
    """Two nodes joined, one after the other; the first record, and one of the last epoch."""
    here, first, after = Epochs(), small_record("first"), small_record(last)
    here.commit(first)
    for member in NEWCOMERS:
        here.change(here.following(*here.committee.nodes, node_of(member)))
        here.commit(small_record(f"in {here.committee.epoch}"))
    here.commit(after)
    return here, first, after


def vectors() -> dict[str, Cases]:
    """`receipt/epochs_accepted.json` and `receipt/epochs_refused.json`."""
    return {
        "receipt/epochs_accepted.json": _accepted(),
        "receipt/epochs_refused.json": _refused(),
    }


def _accepted() -> Cases:
    here, first, after = grown()
    closing = Epochs()
    record = small_record("first")
    closing.commit(record)
    closing.change(closing.following(*closing.committee.nodes, node_of("archive")))
    left = Epochs()
    left.commit(record)
    left.change(left.following(*left.committee.nodes, node_of("archive")))
    left.change(left.following(*left.committee.nodes[1:]))
    left.commit(small_record("after"))
    under_closing = replace(
        closing.network.receipt(record), checkpoint=closing.network.note(("centre", "supervisor",
        "registry", "notary")))  # fmt: skip
    return [
        holds("a record of the third epoch", here.network, here.receipt(after)),
        holds("a record of the first epoch under a head of the third", here.network,
              here.receipt(first)),
        holds("under the closing head, which the old committee cosigned", closing.network,
              under_closing),
        holds("a node joined, and another left", left.network, left.receipt(record)),
    ]  # fmt: skip


def _refused() -> Cases:
    here, _, after = grown()
    good = here.receipt(after)
    one, two = good.epochs
    return [
        *_fail_order(here, after, one, two),
        *_fail_certificate(here, good, one, two),
        *_fail_record(good, one, two),
        *_fail_forms(good, one, two),
    ]


def _fail_order(here: Epochs, after: Record, one: EpochLink, two: EpochLink) -> Cases:
    """Links that do not lead from the genesis to the epoch of the head."""
    younger = Epochs()
    record = small_record("first")
    younger.commit(record)
    younger.change(younger.following(*younger.committee.nodes, node_of("archive")))
    members = ("centre", "supervisor", "registry", "notary")
    beyond = replace(younger.network.receipt(record, members), epochs=tuple(younger.links))
    unequal = Epochs()
    unequal.commit(record)
    unequal.change(unequal.following(*unequal.committee.nodes, node_of("archive")))
    unequal.network.commit([unequal.network.bundle([after])], epoch=Epoch(0))
    return [
        fails(7, "receipt.epoch", "links missing", here.receipt(after, [])),
        fails(7, "receipt.epoch", "last link missing", here.receipt(after, [one])),
        fails(7, "receipt.epoch_link", "first link missing", here.receipt(after, [two])),
        fails(7, "receipt.epoch_link", "links out of order", here.receipt(after, [two, one])),
        fails(7, "receipt.epoch_link", "a link twice", here.receipt(after, [one, one, two])),
        fails(7, "receipt.epoch", "a link beyond the head", beyond),
        fails(7, "receipt.epoch", "committee unequal to the epoch leaf", unequal.receipt(after)),
    ]  # fmt: skip


def _with(good: Receipt, *links: EpochLink) -> Receipt:
    return replace(good, epochs=links)


def _fail_certificate(here: Epochs, good: Receipt, one: EpochLink, two: EpochLink) -> Cases:
    """The closing block was not certified by the committee whose epoch it ends."""
    headers = {each.encode(): each for each in here.network.headers}
    closing, other = headers[two.header], headers[one.header]
    old, middle, new = here.committees

    def by(signers: Committee, **how: int) -> Receipt:
        signed = certificate(closing, signers, **how)
        return _with(good, one, replace(two, certificate=signed.encode()))

    forged = certificate(closing, middle)
    node, signature = forged.votes[0]
    bad = replace(forged, votes=((node, flipped(signature)), *forged.votes[1:]))
    return [
        fails(7, "receipt.epoch_link", "certificate of the new committee", by(new, skipped=2)),
        fails(7, "receipt.epoch_link", "certificate of the committee before", by(old)),
        fails(7, "receipt.epoch_link", "certificate without a quorum", by(middle, votes=3)),
        fails(7, "receipt.epoch_link", "certificate of another epoch", by(middle, epoch=2)),
        fails(7, "receipt.epoch_link", "certificate of another block", _with(
            good, one, replace(two, certificate=certificate(other, middle).encode()))),
        fails(7, "receipt.epoch_link", "certificate with a vote that does not hold", _with(
            good, one, replace(two, certificate=bad.encode()))),
        fails(7, "receipt.epoch_link", "closing header of another block", _with(
            good, replace(one, header=here.network.headers[0].encode()), two)),
        fails(7, "receipt.epoch_link", "closing header with another root", _with(
            good, one, replace(two, header=item_but(two.header, 16, bytes(32))))),
    ]  # fmt: skip


def _fail_record(good: Receipt, one: EpochLink, two: EpochLink) -> Cases:
    """The change is not in the log of the closing block, or is none."""
    return [
        fails(7, "receipt.epoch_link", "change record without path", _with(
            good, one, replace(two, path=()))),
        fails(7, "receipt.epoch_link", "path to another root", _with(
            good, one, replace(two, path=bent(two.path)))),
        fails(7, "receipt.epoch_link", "change at another index", _with(
            good, one, replace(two, index=LogIndex(two.index - 1)))),
        fails(7, "receipt.epoch_link", "entry of another record", _with(
            good, one, replace(two, record=one.record))),
        fails(7, "receipt.epoch_link", "change of an earlier block", _with(good, one, replace(
            two, record=one.record, entry=one.entry, index=one.index, path=one.path))),
        *_made_by_nobody(),
    ]  # fmt: skip


def _made_by_nobody() -> Cases:
    """What stands in the closing block, well certified, and is no change to the next epoch."""
    cases = []
    fresh = Epochs()
    after = fresh.following(*fresh.committee.nodes, node_of("archive"))
    rows, new = [node.value() for node in after.nodes], after.nodes[-1]
    weak = (*rows[:-1], replace(new, node_key=PublicKey(bytes(32))).value())
    for name, record in (
        ("change to another epoch", change_record(after, epoch=2)),
        ("change without a committee", change_record(after, committee="nobody")),
        ("change with half a committee", change_record(after, committee=b"\x91")),
        ("change to a committee with a node twice", change_record(after,
            committee=encode((*rows, rows[0])))),
        ("change to a committee with a weak key", change_record(after, committee=encode(weak))),
        ("a proposal in place of the change", replace(
            change_record(after), type="committee.proposed")),
    ):  # fmt: skip
        here, last = Epochs(), small_record("after")
        here.change(after, record)
        here.commit(last)
        cases.append(fails(7, "receipt.epoch_link", name, here.receipt(last)))
    return cases


def _fail_forms(good: Receipt, one: EpochLink, two: EpochLink) -> Cases:
    """Parts of a link that do not decode fail where all parts do."""
    return [
        fails(1, "format.truncated", "change record truncated", _with(
            good, one, replace(two, record=two.record[:-1]))),
        fails(1, "format.version", "entry of the change of version 2", _with(
            good, one, replace(two, entry=item_but(two.entry, 1, 2)))),
        fails(1, "format.version", "closing header of version 2", _with(
            good, one, replace(two, header=item_but(two.header, 1, 2)))),
        fails(1, "format.version", "closing certificate of version 2", _with(
            good, one, replace(two, certificate=item_but(two.certificate, 1, 2)))),
    ]  # fmt: skip
