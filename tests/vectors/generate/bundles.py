"""Bundles: header bytes, ids, signatures; and bundles that are refused, before and by a key."""

from dataclasses import replace

from ledger.core.bundle import Bundle, BundleHeader, records_root, sign_bundle
from ledger.core.canonical import Value, decode, encode
from ledger.core.hashing import Tag
from ledger.core.identifiers import MemberId, NetworkId
from ledger.core.signing import sign_tagged
from tests.bits import flipped
from tests.vectors.generate.spelling import Case, Cases, broken, refused
from tests.vectors.small_network import HOUR, START_MS, nonce, seed, signer, small_record

NETWORK = NetworkId(seed("network of bundles"))


def vectors() -> dict[str, Cases]:
    """`bundles.json`, `refused.json` and `signatures.json`."""
    return {
        "bundle/bundles.json": [_bundle(name, each) for name, each in bundles()],
        "bundle/refused.json": _refused(),
        "bundle/signatures.json": _signatures(),
    }


def bundle_of(count: int) -> Bundle:
    """A bundle of so many small records."""
    records = [small_record(f"{count}-{place}").encode() for place in range(count)]
    return sign_bundle(
        signer("member centre"),
        NETWORK,
        MemberId("centre"),
        records,
        START_MS,
        START_MS + HOUR,
        nonce("bundle"),
    )


def bundle_over(*records: bytes) -> Bundle:
    """A bundle of these bytes."""
    key, member = signer("member centre"), MemberId("centre")
    life = (START_MS, START_MS + HOUR)
    return sign_bundle(key, NETWORK, member, list(records), *life, nonce("bundle"))


def bundles() -> list[tuple[str, Bundle]]:
    """Bundles that every reader must accept, by name."""
    return [
        ("one record", bundle_of(1)),
        ("two records", bundle_of(2)),
        ("sixteen records, an array header of three bytes", bundle_of(16)),
        ("bytes that are no record, which is judged when they enter", bundle_over(b"\xc1", b"")),
    ]


def _bundle(name: str, bundle: Bundle) -> Case:
    return {
        "name": name,
        "header": bundle.header_bytes.hex(),
        "signature": bundle.signature.hex(),
        "record_ids": [each.hex() for each in bundle.record_ids],
        "records_root": bundle.header.records_root.hex(),
        "bundle_id": bundle.bundle_id.hex(),
        "pool_key": bundle.pool_key.hex(),
        "public_key": signer("member centre").public_key.hex(),
        "data": bundle.encode().hex(),
    }


def _refused() -> Cases:
    bundle = bundle_of(2)
    header, records = bundle.header, bundle.records
    whole: tuple[Value, ...] = ("bundle", 1, bundle.header_bytes, bundle.signature, records)

    def but(place: int, value: Value) -> bytes:
        return encode((*whole[:place], value, *whole[place + 1 :]))

    def headed(changed: BundleHeader) -> bytes:
        return but(2, changed.encode())

    def header_but(place: int, value: Value) -> bytes:
        facts: list[Value] = [
            "bundle",
            2,
            header.network_id,
            header.issuer,
            header.key_id,
            header.created_at_ms,
            header.expires_at_ms,
            header.count,
            header.records_root,
            header.nonce,
        ]
        facts[place] = value
        return but(2, encode(facts))

    def bare(version: int = 1) -> bytes:
        """A header that ends before its nonce."""
        items = decode(header.encode(), len(header.encode()))
        if not isinstance(items, tuple):
            raise SystemExit("not an array")
        return but(2, encode((items[0], version, *items[2:9])))

    swapped = (records[1], records[0])
    return [
        *(each for each in broken(bundle.encode()) if not each["name"].startswith("nested")),
        refused("nested 40 deep", b"\x91" * 40 + b"\x90", "format.shape"),
        refused("another word", but(0, "bundl3"), "format.shape"),
        refused("version 2", but(1, 2), "format.version"),
        refused("header is an array", but(2, ()), "format.shape"),
        refused("header truncated", but(2, bundle.header_bytes[:-1]), "format.truncated"),
        refused("header extended", but(2, bundle.header_bytes + b"\x00"), "format.trailing"),
        refused("header of version 1, without a nonce", bare(), "format.version"),
        refused("header of version 1 with a nonce", header_but(1, 1), "format.version"),
        refused("header of version 3", header_but(1, 3), "format.version"),
        refused("nonce of 15 bytes", header_but(9, bytes(15)), "format.shape"),
        refused("nonce of 17 bytes", header_but(9, bytes(17)), "format.shape"),
        refused("nonce is nil", header_but(9, None), "format.shape"),
        refused("nonce is text", header_but(9, "0123456789abcdef"), "format.shape"),
        refused("header of version 2 without a nonce", bare(2), "format.shape"),
        refused("header for 31 bytes of network", header_but(2, bytes(31)), "format.shape"),
        refused("issuer in capitals", header_but(3, "Centre"), "format.shape"),
        refused("key id of 31 bytes", header_but(4, bytes(31)), "format.shape"),
        refused("created before the epoch", header_but(5, -1), "format.shape"),
        refused("count is 0", header_but(7, 0), "format.shape"),
        refused("signature of 63 bytes", but(3, bundle.signature[:63]), "format.shape"),
        refused("signature of 65 bytes", but(3, bundle.signature + b"\0"), "format.too_large"),
        refused("no records", but(4, ()), "bundle.invalid"),
        refused("a record twice", but(4, (records[0], records[0])), "bundle.invalid"),
        refused("a record fewer", but(4, records[:1]), "bundle.records_root"),
        refused("records exchanged", but(4, swapped), "bundle.records_root"),
        refused(
            "a record flipped", but(4, (records[0], flipped(records[1]))), "bundle.records_root"
        ),
        refused("count one too many", headed(replace(header, count=3)), "bundle.records_root"),
        refused("another root", headed(_rooted(header)), "bundle.records_root"),
        refused("record larger than 16 KiB", but(4, (bytes(16_385),)), "format.too_large"),
        refused("header longer than 512 bytes", but(2, bytes(513)), "format.too_large"),
        refused("expires before the epoch", header_but(6, -1), "format.shape"),
        refused("expires beyond 53 bits", header_but(6, (1 << 53) + 1), "format.shape"),
        refused("count above 2^31", header_but(7, (1 << 31) + 1), "format.shape"),
        refused("root of 31 bytes", header_but(8, bytes(31)), "format.shape"),
        refused("header with a length of two bytes", _lengthened(2), "format.not_canonical"),
        refused("header with a length of four bytes", _lengthened(4), "format.not_canonical"),
        refused(
            "list header of five bytes", _claimed(b"\xdd\x00\x00\x00\x10"), "format.not_canonical"
        ),
        refused("10,001 records", _claimed(b"\xdc\x27\x11"), "format.too_large"),
        refused("2**30 records claimed", _claimed(b"\xdd\x40\x00\x00\x00"), "format.too_large"),
        refused(
            "record of 2**30 claimed", _claimed(b"\x91\xc6\x40\x00\x00\x00"), "format.too_large"
        ),
        refused(
            "array header longer than needed", _claimed(b"\xdc\x00\x01"), "format.not_canonical"
        ),
    ]


def _claimed(records: bytes) -> bytes:
    """A bundle whose list of records begins so, with nothing behind it."""
    bundle = bundle_of(2)
    head = encode(("bundle", 1, bundle.header_bytes, bundle.signature, ()))
    return head[:-1] + records


def _lengthened(width: int) -> bytes:
    """A bundle whose header, of less than 256 bytes, has a longer length than it needs."""
    bundle = bundle_of(2)
    size = len(bundle.header_bytes)
    good, start = bundle.encode(), b"\x95\xa6bundle\x01"
    wide = {2: b"\xc5", 4: b"\xc6"}[width] + size.to_bytes(width)
    return start + wide + good[len(start) + 2 :]


def _rooted(header: BundleHeader) -> BundleHeader:
    return replace(header, records_root=records_root([small_record("else").record_id]))


def _signatures() -> Cases:
    bundle = bundle_of(1)
    one, other = signer("member centre"), signer("member notary")
    header = bundle.header_bytes
    foreign = replace(bundle.header, network_id=NetworkId(seed("another network"))).encode()

    def case(name: str, key: bytes, data: bytes, signature: bytes, *, holds: bool) -> Case:
        return {
            "name": name,
            "public_key": key.hex(),
            "header": data.hex(),
            "signature": signature.hex(),
            "holds": holds,
        }

    key, good = one.public_key, bundle.signature
    flipped = bytes((good[0] ^ 1,)) + good[1:]
    return [
        case("by the key that the header names", key, header, good, holds=True),
        case("one bit flipped", key, header, flipped, holds=False),
        case(
            "by another key",
            other.public_key,
            header,
            sign_tagged(other, Tag.BUNDLE, header),
            holds=False,
        ),
        case("without the tag", key, header, one.sign(header), holds=False),
        case(
            "under the tag of records",
            key,
            header,
            sign_tagged(one, Tag.RECORD, header),
            holds=False,
        ),
        case(
            "over the header for another network",
            key,
            header,
            sign_tagged(one, Tag.BUNDLE, foreign),
            holds=False,
        ),
        case("moved under the header for another network", key, foreign, good, holds=False),
    ]
