"""Block headers, block leaves, payloads, and what it means that a payload rebuilds a header."""

from dataclasses import replace

from ledger.core.block import BlockBundle, Header, Snapshot, block_bundle
from ledger.core.bundle import Bundle
from ledger.core.canonical import Value, decode, encode
from ledger.core.identifiers import Digest, Epoch, HeaderHash, Height, NetworkId, NodeId
from ledger.core.payload import bundles_root, encode_payload
from tests.vectors.generate.bundles import bundle_of, bundle_over
from tests.vectors.generate.spelling import Case, Cases, broken, refused, told
from tests.vectors.small_network import START_MS, seed

HEADER = Header(
    network_id=NetworkId(seed("network")),
    height=Height(7),
    previous=HeaderHash(seed("previous")),
    time_ms=START_MS,
    proposer=NodeId("node-centre"),
    epoch=Epoch(0),
    bundle_count=0,
    bundles_root=Digest(seed("bundles")),
    entry_count=3,
    state_hash=Digest(seed("state")),
    status_size=4,
    status_root=Digest(seed("status")),
    snapshot=None,
    log_size=40,
    log_root=Digest(seed("log")),
)


def vectors() -> dict[str, Cases]:
    """`headers.json`, `payloads.json`, `refused_headers.json` and `refused_payloads.json`."""
    return {
        "block/headers.json": _headers(),
        "block/refused_headers.json": _refused_headers(),
        "block/payloads.json": _payloads(),
        "block/refused_payloads.json": _refused_payloads(),
    }


def _headers() -> Cases:
    snapshot = Snapshot(Height(4), 100, Digest(seed("snapshot")))
    most = (1 << 64) - 1
    largest = replace(
        HEADER,
        height=Height(most - 1),
        time_ms=1 << 53,
        epoch=Epoch(most),
        bundle_count=most,
        entry_count=most,
        status_size=most,
        snapshot=Snapshot(Height(most), most, Digest(seed("snapshot"))),
        log_size=most,
    )
    headers = [
        ("without a snapshot", HEADER),
        ("with a snapshot", replace(HEADER, snapshot=snapshot)),
        ("the largest numbers, and a snapshot above the block", largest),
        (
            "an empty block of height 1",
            replace(HEADER, height=Height(1), entry_count=0, log_size=1),
        ),
    ]
    return [
        {
            "name": name,
            "data": header.encode().hex(),
            "hash": header.hash().hex(),
            "leaf": header.leaf().hex(),
            "log_size": told(header.log_size),
            "log_root": header.log_root.hex(),
        }
        for name, header in headers
    ]


def _refused_headers() -> Cases:
    good = HEADER.encode()
    items = decode(good, 1024)
    if not isinstance(items, tuple):
        raise SystemExit("a header is an array")

    def but(place: int, value: Value) -> bytes:
        return encode((*items[:place], value, *items[place + 1 :]))

    return [
        *broken(good),
        refused("version 2", but(1, 2), "format.version"),
        refused("the leaf's word", but(0, "block"), "format.shape"),
        refused("height 0", but(3, 0), "format.shape"),
        refused("previous hash of 31 bytes", but(4, bytes(31)), "format.shape"),
        refused("time before the epoch", but(5, -1), "format.shape"),
        refused("proposer is bytes", but(6, b"node-centre"), "format.shape"),
        refused("proposer in capitals", but(6, "Node-Centre"), "format.shape"),
        refused("negative epoch", but(7, -1), "format.shape"),
        refused("negative bundle count", but(8, -1), "format.shape"),
        refused("entry count is nil", but(10, None), "format.shape"),
        refused("time beyond 53 bits", but(5, (1 << 53) + 1), "format.shape"),
        refused("network id of 31 bytes", but(2, bytes(31)), "format.shape"),
        refused("status size is a text", but(12, "4"), "format.shape"),
        refused("log root of 31 bytes", but(16, bytes(31)), "format.shape"),
        refused("snapshot with a root of 31 bytes", but(14, (4, 1, bytes(31))), "format.shape"),
        refused("snapshot of two", but(14, (1, 2)), "format.shape"),
        refused("snapshot at height 0", but(14, (0, 1, bytes(32))), "format.shape"),
        refused("without the log", encode(items[:15]), "format.shape"),
        refused("larger than 1 KiB", but(6, "n" * 1024), "format.too_large"),
    ]


def entered(bundle: Bundle, *places: int) -> BlockBundle:
    """The bundle in a block, of which only these places entered."""
    records = tuple(each if i in places else None for i, each in enumerate(bundle.records))
    return block_bundle(bundle.header_bytes, bundle.signature, bundle.record_ids, records)


def payloads() -> list[tuple[str, tuple[BlockBundle, ...]]]:
    """Payloads that every reader must accept, by name."""
    one, two, nine = bundle_of(1), bundle_of(2), bundle_of(9)
    return [
        ("no bundles", ()),
        ("one whole bundle", (entered(one, 0),)),
        ("second of two entered", (entered(two, 1),)),
        ("first and ninth of nine entered", (entered(nine, 0, 8),)),
        ("two bundles", (entered(one, 0), entered(two, 0, 1))),
        (
            "a record twice, and bytes that are none, which is judged when they enter",
            (entered(one, 0), entered(bundle_over(one.records[0], b"\xc1"), 0, 1)),
        ),
    ]


def _payloads() -> Cases:
    return [_payload(name, bundles) for name, bundles in payloads()]


def _payload(name: str, bundles: tuple[BlockBundle, ...]) -> Case:
    root = bundles_root(bundles)
    header = replace(HEADER, bundle_count=len(bundles), bundles_root=root)
    return {
        "name": name,
        "payload": encode_payload(bundles).hex(),
        "entered": [each.entered.hex() for each in bundles],
        "bundles_root": root.hex(),
        "header": header.encode().hex(),
        "header_of_one_more": replace(header, bundle_count=len(bundles) + 1).encode().hex(),
        "header_of_another_root": replace(header, bundles_root=Digest(seed("x"))).encode().hex(),
    }


def _refused_payloads() -> Cases:
    bundle = bundle_of(9)
    part = entered(bundle, 0, 8)
    items: list[Value] = [
        each if record is None else record
        for each, record in zip(part.record_ids, part.records, strict=True)
    ]
    whole: list[Value] = [
        "bundle",
        1,
        part.header_bytes,
        part.signature,
        part.entered,
        tuple(items),
    ]

    def but(place: int, value: Value) -> bytes:
        changed = list(whole)
        changed[place] = value
        return encode((tuple(changed),))

    good = encode_payload((part,))
    ids = tuple(bundle.record_ids)
    return [
        refused("empty", b"", "format.truncated"),
        refused("truncated by one byte", good[:-1], "format.truncated"),
        refused("extended by one byte", good + b"\0", "format.trailing"),
        refused("nil", b"\xc0", "format.shape"),
        refused("2**30 bundles claimed", b"\xdd\x40\x00\x00\x00", "format.too_large"),
        refused("nested 40 deep", b"\x91" * 40, "format.shape"),
        refused("bundle of 5", encode((tuple(whole[:5]),)), "format.shape"),
        refused("another word", but(0, "bundl3"), "format.shape"),
        refused("version 2", but(1, 2), "format.version"),
        refused("signature of 63 bytes", but(3, part.signature[:63]), "format.shape"),
        refused("unused bit set", but(4, b"\x80\x81"), "block.invalid"),
        refused("bitmap too short", but(4, b"\x80"), "block.invalid"),
        refused("bitmap too long", but(4, b"\x80\x80\x00"), "block.invalid"),
        refused(
            "nothing entered",
            encode((("bundle", 1, part.header_bytes, part.signature, b"\0\0", ids),)),
            "block.invalid",
        ),
        refused("bit set where an id stands", but(4, b"\xc0\x80"), "bundle.records_root"),
        refused("bit clear where a record stands", but(4, b"\x80\x00"), "format.too_large"),
        refused("id of 31 bytes", but(5, (*items[:1], bytes(31), *items[2:])), "block.invalid"),
        refused("record flipped", but(5, (bundle.records[1], *items[1:])), "bundle.invalid"),
        refused("another id", but(5, (*items[:1], seed("id"), *items[2:])), "bundle.records_root"),
        refused("an item fewer", but(5, tuple(items[:8])), "block.invalid"),
    ]
