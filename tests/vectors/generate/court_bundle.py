"""The ZIP form of court bundles: small files in it, and each way in which one is not of the form."""

import struct
from zlib import crc32

from ledger.carriers.court_zip import Entry, directory_of, header_of
from tests.vectors.generate.spelling import Case, Cases

FILES = {"manifest.json": b"{}\n", "SHA256SUMS": b"", "receipts/0-a.receipt.json": b"hello"}
LOCAL, CENTRAL, END = 30, 46, 22


def vectors() -> dict[str, Cases]:
    """The folder `court_bundle`."""
    return {"court_bundle/accepted.json": _accepted(), "court_bundle/refused.json": _refused()}


def packed(files: dict[str, bytes], names: dict[str, str] | None = None) -> bytes:
    """Files in the form; `names` are written in the place of those of the form."""
    entries = [Entry(name, len(data), crc32(data)) for name, data in files.items()]
    pairs = zip(entries, files.values(), strict=True)
    whole = b"".join(header_of(one) + data for one, data in pairs) + directory_of(entries)
    for name, other in (names or {}).items():
        whole = whole.replace(name.encode(), other.encode("latin-1"))
    return whole


def _accepted() -> Cases:
    def case(name: str, files: dict[str, bytes]) -> Case:
        told = [{"name": each, "data": data.hex()} for each, data in files.items()]
        return {"name": name, "data": packed(files).hex(), "files": told}

    return [
        case("three files", FILES),
        case("no file", {}),
        case("an empty file", {"a": b""}),
        case("a name with dots", {"network/a.b-c.txt": b"x"}),
    ]


def _refused() -> Cases:
    whole = packed(FILES)
    directory = whole.index(b"PK\x01\x02")

    def case(name: str, data: bytes) -> Case:
        return {"name": name, "data": data.hex(), "code": "court_bundle.form"}

    def at(place: int, form: str, value: int) -> bytes:
        bent = bytearray(whole)
        struct.pack_into(form, bent, place, value)
        return bytes(bent)

    def named(name: str) -> bytes:
        return packed({"x" * len(name): b"x"}, {"x" * len(name): name})

    def both(place: int, form: str, value: int) -> bytes:
        bent = bytearray(at(place, form, value))
        struct.pack_into(form, bent, directory + place + 2, value)
        return bytes(bent)

    return [
        case("empty", b""),
        case("cut short", whole[:-1]),
        case("a byte behind", whole + b"\x00"),
        case("a byte before", b"\x00" + whole),
        case("a comment", whole[:-2] + b"\x01\x00x"),
        case("encrypted", both(6, "<H", 1)),
        case("sizes behind the file", both(6, "<H", 8)),
        case("names in UTF-8", both(6, "<H", 0x800)),
        case("deflated", both(8, "<H", 8)),
        case("another time", both(10, "<H", 1)),
        case("another date", both(12, "<H", 0x5C21)),
        case("a later version", both(4, "<H", 20)),
        case("one size in the header and another in the directory", at(18, "<I", 2)),
        case("an unpacked size of its own", both(22, "<I", 1 << 30)),
        case("sizes that together are beyond 4 GiB", at(directory + 20, "<I", (1 << 32) - 1)),
        case("an extra field in the header", at(28, "<H", 4)),
        case("an extra field in the directory", at(directory + 30, "<H", 4)),
        case("a comment of a file", at(directory + 32, "<H", 1)),
        case("another disk", at(directory + 34, "<H", 1)),
        case("attributes of a link", at(directory + 38, "<I", 0xA1FF0000)),
        case("made on Unix", at(directory + 4, "<H", 0x030A)),
        case("another offset", at(directory + 42, "<I", 1)),
        case("more files than listed", at(len(whole) - END + 10, "<H", 4)),
        case("fewer files than listed", at(len(whole) - END + 10, "<H", 2)),
        case("a directory elsewhere", at(len(whole) - END + 16, "<I", 0)),
        case("two disks", at(len(whole) - END + 4, "<H", 1)),
        case("one name in the header and another in the directory",
             whole.replace(b"SHA256SUMS", b"SHA256SUMZ", 1)),
        case("a name twice", packed({"aa": b"1", "ab": b"2"}, {"ab": "aa"})),
        case("a name in another case", packed({"aa": b"1", "ab": b"2"}, {"ab": "AA"})),
        *[case(f"the name {name!r}", named(name)) for name in (
            "../evil", "/etc/passwd", "a/../b", "a/b/c", "C:\\evil", "a\\b", "..", "a//b",
            "a/.b", "a/b.", "folder/", ".hidden", "a b", "a\x00b", "a/caf\xe9", "A/b",
        )],
    ]  # fmt: skip
