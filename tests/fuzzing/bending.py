"""Changes to an input that know how it is built, so that they reach what lies behind the outside.

Bytes from anywhere do not get past a checksum, a length or a table of offsets; what is bent here
is put together again. Whatever is not built as expected is left to the fuzzer's own changes.
"""

import base64
import json
import random
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, TypeAlias

from api.schemas.submitted import BundleJson, _record
from consensus import append_file
from ledger.carriers.court_zip import CourtZip
from ledger.core import tlog_proof
from ledger.core.bundle import records_root
from ledger.core.record import record_id
from tests.decoders.chance import Rolled
from tests.decoders.damage import (
    damaged_bytes,
    damaged_json,
    damaged_msgpack,
    damaged_text,
    respelled_msgpack,
)
from tests.javascript.mutants import changed
from tests.javascript.paper_mutants import changed_certificate
from tests.stamping.maker import wrap
from tests.vectors.generate.court_bundles import spelled

Bend: TypeAlias = Callable[[bytes, random.Random], bytes]
FILE_BYTES_MAX = 1 << 20


def bent_msgpack(data: bytes, dice: random.Random) -> bytes:
    """A part of the structure disturbed, or spelled in another way."""
    bend = dice.choice((damaged_msgpack, damaged_msgpack, respelled_msgpack, damaged_bytes))
    return bend(Rolled(dice), data)


def bent_frame(data: bytes, dice: random.Random) -> bytes:
    """The same behind a first byte, which says what follows."""
    return data[:1] + bent_msgpack(data[1:], dice)


def bent_text(data: bytes, dice: random.Random) -> bytes:
    """A character too many; or lines left out, doubled, exchanged."""
    if dice.random() < 0.5:
        return dice.choice((damaged_text, damaged_bytes))(Rolled(dice), data)
    lines = data.split(b"\n")
    at, other = (dice.randrange(len(lines)) for _ in range(2))
    match dice.randrange(3):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[other])
        case _:
            lines[at], lines[other] = lines[other], lines[at]
    return b"\n".join(lines)


def bent_file(data: bytes, dice: random.Random) -> bytes:
    """One record of a file with checksums bent, and its checksum made anew."""
    bodies = list(append_file.scan(data, "file").bodies)
    at = dice.randrange(len(bodies))
    match dice.randrange(6):
        case 0:
            bodies.insert(at, dice.choice(bodies))
        case 1:
            del bodies[at]
        case _:
            bodies[at] = bent_msgpack(bodies[at], dice)
    return b"".join(map(append_file.frame, bodies))


def bent_json(parts: Sequence[bytes]) -> Bend:
    """JSON, what is spelled in its texts included.

    Args:
        parts: other files, out of which a value of the same name may be taken.
    """
    told = [value for each in parts if (value := _table(each))]

    def bend(data: bytes, dice: random.Random) -> bytes:
        if dice.random() < 0.3:
            return dice.choice((damaged_json, damaged_text))(Rolled(dice), data)
        value = changed(json.loads(data), told, dice)
        return json.dumps(value, ensure_ascii=dice.random() < 0.5).encode(errors="surrogatepass")

    return bend


def _table(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def bent_der(data: bytes, dice: random.Random) -> bytes:
    """One value of DER bent, and all lengths around it made anew."""
    tag, body, rest = _der(data)
    if rest:
        if dice.random() < 0.5:
            return data[: len(data) - len(rest)] + bent_der(rest, dice)
        return bent_der(data[: len(data) - len(rest)], dice) + rest
    if dice.random() < 0.9 and (tag & 0x20 or (tag == 0x04 and body[:1] == b"\x30")):
        return wrap(tag, bent_der(body, dice))
    match dice.randrange(5):
        case 0:
            return wrap(dice.choice((0x01, 0x02, 0x04, 0x06, 0x18, 0x30, 0x31, 0xA0, 0x80)), body)
        case 1:
            return data + data
        case 2:
            return b""
        case _:
            return wrap(tag, damaged_bytes(Rolled(dice), body))


def _der(data: bytes) -> tuple[int, bytes, bytes]:
    """The tag and body of the first value, and what follows it."""
    size, at = data[1], 2
    if size & 0x80:
        at += size & 0x7F
        size = int.from_bytes(data[2:at])
    if len(data) < at + size:
        raise ValueError("cut")
    return data[0], data[at : at + size], data[at + size :]


def bent_proof(inner: Bend) -> Bend:
    """A tlog-proof: its lines, or the receipt that it carries."""

    def bend(data: bytes, dice: random.Random) -> bytes:
        start = tlog_proof.FIRST_LINE.encode() + b"\nextra "
        if dice.random() < 0.5 or not data.startswith(start):
            return bent_text(data, dice)
        extra, _, rest = data[len(start) :].partition(b"\n")
        receipt = inner(base64.b64decode(extra), dice)
        return start + base64.b64encode(receipt) + b"\n" + rest

    return bend


def bent_paper(papers: Sequence[bytes], receipts: Sequence[bytes]) -> Bend:
    """A certificate in PDF: its objects, its table, its metadata, the receipt inside."""

    def bend(data: bytes, dice: random.Random) -> bytes:
        return changed_certificate(data, papers, receipts, dice)

    return bend


def bent_zip(inner: Bend, paper: Bend) -> Bend:
    """A court bundle: its files and their names, with the digests made anew."""

    def bend(data: bytes, dice: random.Random) -> bytes:
        bundle = CourtZip(BytesIO(data))
        files = {name: bundle.read(name, FILE_BYTES_MAX) for name in bundle.entries}
        name, other = dice.choice(list(files)), dice.choice(list(files))
        match dice.randrange(8):
            case 0:
                files[name] = files[other]
            case 1:
                del files[name]
            case 2:
                files[
                    dice.choice((name + "1", name.upper(), "x/" + name, "network/trust.json"))
                ] = files[other]
            case _:
                bend = inner if name.endswith(".json") else bent_text
                files[name] = (paper if name.endswith(".pdf") else bend)(files[name], dice)
        return spelled(files, sums=dice.random() < 0.9)

    return bend


def bent_presented(inner: Bend, paper: Bend) -> Bend:
    """A file of any kind that people present."""
    proof = bent_proof(inner)

    def bend(data: bytes, dice: random.Random) -> bytes:
        if data.startswith(b"%PDF"):
            return paper(data, dice)
        return (proof if data.startswith(b"c2sp") else inner)(data, dice)

    return bend


def bent_posting(inner: Bend) -> Bend:
    """A bundle in JSON whose header covers the records that came out of the change."""

    def bend(data: bytes, dice: random.Random) -> bytes:
        data = inner(data, dice)
        if dice.random() < 0.3:
            return data
        told = BundleJson.model_validate_json(data)
        ids = tuple(record_id(_record(each).encode()) for each in told.records)
        value = json.loads(data)
        value["header"] |= {"records_root": records_root(ids).hex(), "count": len(ids)}
        return json.dumps(value).encode()

    return bend


def bent_token(inner: Bend) -> Bend:
    """The header or the claims of a token."""

    def bend(data: bytes, dice: random.Random) -> bytes:
        parts = data.split(b".")
        at = dice.randrange(2)
        told = base64.urlsafe_b64decode(parts[at] + b"=" * (-len(parts[at]) % 4))
        parts[at] = base64.urlsafe_b64encode(inner(told, dice)).rstrip(b"=")
        return b".".join(parts)

    return bend
