"""What must be true of a certified block before the chain takes it: the last look before the disk.

The executor has judged the block and the committee has certified it, so a finding here is our
own fault, in this node or in a quorum: it stops the node instead of spreading.
"""

from typing import Final

from ledger.core.block import Head, Header, Snapshot
from ledger.core.certificate import CommitCertificate
from ledger.core.effects import BlockEffects
from ledger.core.identifiers import Digest, Epoch
from ledger.core.merkle import Frontier
from ledger.core.payload import bundles_root
from ledger.core.record import decode_record, record_id
from ledger.core.sealed import sealed_of
from ledger.core.status import StatusTree, state_hash
from ledger.errors import InvariantBroken
from ledger.store.api import Reader
from ledger.store.keys import Table

_RECORD: Final = Table.RECORD.key()
_OPENED: Final = Table.OPENED.key()


def check_fits(head: Head, effects: BlockEffects, certificate: CommitCertificate) -> None:
    """Require that the block continues `head` and that the certificate is for it.

    Raises:
        InvariantBroken: naming what does not fit.
    """
    header = effects.header
    _same("network", header.network_id, head.network_id)
    _same("height", header.height, head.height + 1)
    _same("previous", header.previous, head.header_hash)
    _same("epoch", header.epoch, head.epoch)
    if header.time_ms <= head.time_ms:
        raise InvariantBroken(f"block {header.height} is not later than its parent")
    slot = certificate.slot
    _same("certificate network", slot.network_id, header.network_id)
    _same("certificate epoch", slot.epoch, header.epoch)
    _same("certificate height", slot.height, header.height)
    _same("certificate header", certificate.header_hash, header.hash())


def check_records(effects: BlockEffects) -> None:
    """Require that the entered records are those of the bundles, in order, then the derived ones.

    Raises:
        InvariantBroken: also where an id is not the hash of its bytes, or occurs twice.
    """
    header = effects.header
    _same("bundle count", header.bundle_count, len(effects.bundles))
    _same("bundles root", header.bundles_root, bundles_root(effects.bundles))
    _same("entry count", header.entry_count, len(effects.records))
    entered = [
        (bundle_id, each, data)
        for bundle, bundle_id in ((bundle, bundle.bundle_id) for bundle in effects.bundles)
        for each, data in zip(bundle.record_ids, bundle.records, strict=True)
        if data is not None
    ]
    given = [(each.bundle_id, each.record_id, each.data) for each in effects.records]
    _same("records", given[: len(entered)], entered)
    if any(bundle_id is not None for bundle_id, _, _ in given[len(entered) :]):
        raise InvariantBroken("a derived record has a bundle")
    if any(record_id(data) != each for _, each, data in given):
        raise InvariantBroken("an id is not the hash of its record")
    for each in effects.opened:
        opening = effects.records[each.offset]
        if sealed_of(decode_record(opening.data)).record != each.data:
            raise InvariantBroken("an opening does not carry what came out of it")
        if record_id(each.data) != each.record_id:
            raise InvariantBroken("an id is not the hash of its record")
    ids = effects.record_ids()
    if len(set(ids)) != len(ids):
        raise InvariantBroken("a record enters twice")


def check_new(reader: Reader, effects: BlockEffects) -> None:
    """Require that no record is in the store: each enters once for ever, by itself or opened.

    Raises:
        InvariantBroken: naming the one that is there.
    """
    for each in effects.record_ids():
        if reader.get(_RECORD + each) is not None or reader.get(_OPENED + each) is not None:
            raise InvariantBroken(f"record {each.hex()} enters again")


def check_roots(
    header: Header, parent_state: Digest, effects: BlockEffects, log: Frontier, status: StatusTree
) -> None:
    """Require that every root of the header is the one computed here.

    Args:
        header: of the block.
        parent_state: state hash before the block.
        effects: the block.
        log: frontier after the block.
        status: slow rows after the block.

    Raises:
        InvariantBroken: naming the first root that differs.
    """
    _same("log size", header.log_size, log.size)
    _same("log root", header.log_root, log.root())
    _same("state hash", header.state_hash, state_hash(parent_state, effects.writes))
    _same("status size", header.status_size, status.size)
    _same("status root", header.status_root, status.root)


def check_snapshot(header: Header, stated: Snapshot | None) -> None:
    """Require that a header says of an earlier state what is computed here.

    Raises:
        InvariantBroken: it says something else, or nothing where it must.
    """
    _same("snapshot", header.snapshot, stated)


def head_after(header: Header, certificate: CommitCertificate, epoch: Epoch) -> Head:
    """The head whose newest block has this header.

    Args:
        header: of the block.
        certificate: of the block.
        epoch: that certifies the next block: another than the header's where the block closed one.
    """
    return Head(
        network_id=header.network_id,
        height=header.height,
        header_hash=header.hash(),
        time_ms=header.time_ms,
        epoch=epoch,
        view=certificate.slot.view,
        certificate=certificate,
        state_hash=header.state_hash,
        status_size=header.status_size,
        status_root=header.status_root,
        log_size=header.log_size,
        log_root=header.log_root,
    )


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise InvariantBroken(f"{what} of a certified block differs from what is computed here")
