"""Records and entries: their bytes, their ids, and what is refused."""

from dataclasses import replace
from typing import Any

from ledger.core.canonical import Value, encode
from ledger.core.derived import derived_record
from ledger.core.entry import Entry
from ledger.core.identifiers import BundleId, Digest, Height, NetworkId, RecordId, Subject
from ledger.core.record import Evidence, Record, Ref
from tests.vectors.generate.spelling import Case, Cases, broken, refused, told
from tests.vectors.small_network import START_MS, document, private_of, seed, small_record


def vectors() -> dict[str, Cases]:
    """Records and entries, accepted and refused."""
    return {
        "record/records.json": [_record(name, record) for name, record in records()],
        "record/refused.json": _refused(),
        "log/entries.json": [_entry(name, entry) for name, entry in entries()],
        "log/refused_entries.json": _refused_entries(),
    }


def records() -> list[tuple[str, Record]]:
    """Records that every reader must accept, by name."""
    plain = small_record("plain")
    cited = plain.record_id
    sm3 = Digest(seed("sm3"))
    return [
        ("plain", plain),
        ("without evidence, fields and refs", small_record("bare", evidence=(), fields={})),
        ("empty subject", small_record("sealed", subject=Subject(""))),
        (
            "64 documents, one with SM3",
            small_record(
                "many",
                evidence=(
                    replace(document("first"), sm3=sm3),
                    *(document(f"{place}") for place in range(63)),
                ),
            ),
        ),
        (
            "private fields",
            small_record("private", private=private_of(Digest(seed("root")), ("bond", "price"))),
        ),
        (
            "refs, one into another ledger",
            small_record(
                "citing",
                refs=(
                    Ref("follows", cited),
                    Ref("amends", cited),
                    Ref("follows", RecordId(seed("foreign")), NetworkId(seed("other network"))),
                ),
            ),
        ),
        (
            "every kind of field",
            small_record(
                "fields",
                fields={
                    "nil": None,
                    "yes": True,
                    "amount_fen": 2**53,
                    "negative": -1,
                    "digest": seed("field"),
                    "text": "公开招标",
                    "list": ("a", 1, None),
                    "table": {"a": (), "b": {}},
                },
            ),
        ),
        (
            "empty words, and a document, a ref and a name of a field that come again",
            small_record(
                "empty",
                type="",
                evidence=(Evidence("", Digest(seed("twice")), None, 0, ""),) * 2,
                fields={"": {"": ""}, "x" * 300: 0},
                private=private_of(Digest(seed("root")), ("", "x" * 64)),
                refs=(Ref("follows", cited),) * 2,
            ),
        ),
        ("largest document", small_record("large", evidence=(_sized(1 << 53),))),
        ("issuer of 32 characters", small_record("long", issuer="a" + "0-" * 15 + "z")),
        (
            "derived by a rule",
            derived_record(
                "ledger.alert_raised",
                plain.subject,
                START_MS,
                "alert.al05",
                3,
                (Ref("alert", cited),),
                {"alert": "AL05"},
            ),
        ),
        (
            "derived by a rule of a version below 0, from nothing",
            derived_record("ledger.alert_raised", plain.subject, START_MS, "", -1, (), {}),
        ),
    ]


def _sized(size_bytes: int) -> Evidence:
    return replace(document("large"), size_bytes=size_bytes)


def _record(name: str, record: Record) -> Case:
    data = record.encode()
    return {
        "name": name,
        "type": record.type,
        "issuer": record.issuer,
        "subject": record.subject,
        "occurred_at_ms": record.occurred_at_ms,
        "evidence": told(tuple(each.value() for each in record.evidence)),
        "fields": told(record.fields),
        "private": told(None if record.private is None else record.private.value()),
        "refs": told(tuple(each.value() for each in record.refs)),
        "nonce": record.nonce.hex(),
        "data": data.hex(),
        "record_id": record.record_id.hex(),
    }


PLACES = {
    "word": 0,
    "version": 1,
    "type": 2,
    "issuer": 3,
    "subject": 4,
    "occurred_at_ms": 5,
    "evidence": 6,
    "fields": 7,
    "private": 8,
    "refs": 9,
    "nonce": 10,
}


def _refused() -> Cases:
    plain = small_record("plain")
    items: list[Value] = [
        "record",
        1,
        plain.type,
        plain.issuer,
        plain.subject,
        plain.occurred_at_ms,
        tuple(each.value() for each in plain.evidence),
        plain.fields,
        None,
        (),
        plain.nonce,
    ]
    line = plain.evidence[0].value()
    root = seed("root")
    cited = plain.record_id

    def but(place: str, value: Any) -> bytes:
        changed = list(items)
        changed[PLACES[place]] = value
        return encode(tuple(changed))

    shapes: list[tuple[str, str, Any]] = [
        ("another word", "word", "bundle"),
        ("version as text", "version", "1"),
        ("version as boolean", "version", True),
        ("type is bytes", "type", b"tender"),
        ("type of 65 bytes", "type", "t" * 65),
        ("issuer in capitals", "issuer", "Centre"),
        ("issuer empty", "issuer", ""),
        ("issuer of 33 characters", "issuer", "a" * 33),
        ("issuer ends with a hyphen", "issuer", "centre-"),
        ("issuer with a newline", "issuer", "centre\n"),
        ("issuer in chinese", "issuer", "交易中心"),
        ("subject is nil", "subject", None),
        ("subject of 201 bytes", "subject", "s" * 201),
        ("time before the epoch", "occurred_at_ms", -1),
        ("time beyond 53 bits", "occurred_at_ms", (1 << 53) + 1),
        ("time is a boolean", "occurred_at_ms", True),
        ("evidence is a map", "evidence", {}),
        ("evidence line of 4", "evidence", (tuple(line)[:4],)),  # type: ignore[arg-type]
        ("sha256 of 31 bytes", "evidence", (("a", bytes(31), None, 1, "a/b"),)),
        ("sha256 as hex", "evidence", (("a", "00" * 32, None, 1, "a/b"),)),
        ("sm3 of 20 bytes", "evidence", (("a", bytes(32), bytes(20), 1, "a/b"),)),
        ("negative size", "evidence", (("a", bytes(32), None, -1, "a/b"),)),
        ("label of 201 bytes", "evidence", (("a" * 201, bytes(32), None, 1, "a/b"),)),
        ("label is nil", "evidence", ((None, bytes(32), None, 1, "a/b"),)),
        ("media type of 101 bytes", "evidence", (("a", bytes(32), None, 1, "a" * 101),)),
        ("size beyond 53 bits", "evidence", (("a", bytes(32), None, (1 << 53) + 1, "a/b"),)),
        ("private name of 65 bytes", "private", (root, ("a" * 65,))),
        ("private name is bytes", "private", (root, (b"a",))),
        ("ref to 31 bytes of network", "refs", (("follows", cited, bytes(31)),)),
        ("relation is bytes", "refs", ((b"follows", cited, None),)),
        ("fields are an array", "fields", ()),
        ("65 fields", "fields", {f"f{place:02}": 0 for place in range(65)}),
        ("private is a map", "private", {}),
        ("private root of 31 bytes", "private", (bytes(31), ("a",))),
        ("ref without a network", "refs", (("follows", cited),)),
        ("ref to 31 bytes", "refs", (("follows", bytes(31), None),)),
        ("nonce of 15 bytes", "nonce", bytes(15)),
        ("nonce of 17 bytes", "nonce", bytes(17)),
        ("nonce is text", "nonce", "0" * 16),
    ]
    rules: list[tuple[str, str, Any]] = [
        ("65 documents", "evidence", (line,) * 65),
        ("33 refs", "refs", (("follows", cited, None),) * 33),
        ("unknown relation", "refs", (("likes", cited, None),)),
        ("no private names", "private", (root, ())),
        ("private names descending", "private", (root, ("b", "a"))),
        ("private name twice", "private", (root, ("a", "a"))),
        ("65 private names", "private", (root, tuple(f"f{place:02}" for place in range(65)))),
    ]
    big = but("fields", {"text": "x" * 16_384})
    return [
        *broken(plain.encode()),
        refused("version 2", but("version", 2), "format.version"),
        refused("version 0", but("version", 0), "format.version"),
        refused("ten items", encode(tuple(items[:10])), "format.shape"),
        refused("twelve items", encode((*items, None)), "format.shape"),
        refused("larger than 16 KiB", big, "record.too_large"),
        *(refused(name, but(place, value), "format.shape") for name, place, value in shapes),
        *(refused(name, but(place, value), "record.invalid") for name, place, value in rules),
    ]


def entries() -> list[tuple[str, Entry]]:
    """Entries that every reader must accept, by name."""
    record = RecordId(seed("record"))
    bundle = BundleId(seed("bundle"))
    return [
        ("of a member's record", Entry(Height(1), START_MS, bundle, record)),
        ("of a derived record", Entry(Height(7), START_MS, None, record)),
        ("largest height and time", Entry(Height(2**64 - 1), 2**53, bundle, record)),
    ]


def _entry(name: str, entry: Entry) -> Case:
    return {
        "name": name,
        "height": told(entry.height),
        "block_time_ms": told(entry.block_time_ms),
        "bundle_id": None if entry.bundle_id is None else entry.bundle_id.hex(),
        "record_id": entry.record_id.hex(),
        "data": entry.leaf().hex(),
    }


def _refused_entries() -> Cases:
    good = entries()[0][1]
    items = ("entry", 1, good.height, good.block_time_ms, good.bundle_id, good.record_id)

    def but(place: int, value: Value) -> bytes:
        return encode((*items[:place], value, *items[place + 1 :]))

    return [
        *broken(good.leaf()),
        refused("another kind", but(0, "block"), "format.shape"),
        refused("version 2", but(1, 2), "format.version"),
        refused("height 0", but(2, 0), "format.shape"),
        refused("negative time", but(3, -1), "format.shape"),
        refused("bundle id of 31 bytes", but(4, bytes(31)), "format.shape"),
        refused("record id nil", but(5, None), "format.shape"),
        refused("height below 0", but(2, -1), "format.shape"),
        refused("time beyond 53 bits", but(3, (1 << 53) + 1), "format.shape"),
        refused("height is a text", but(2, "1"), "format.shape"),
        refused("five items", encode(items[:5]), "format.shape"),
        refused("128 bytes more", encode((*items, bytes(128))), "format.too_large"),
    ]
