"""Certificates in PDF and court bundles from a stranger who knows how they are built.

Everything follows from one seed. A change is made to any byte, or to one object after which the
table of objects is right again, or to the attachment, the metadata, the table or the end: so that
many changes reach the check that they are about, instead of failing at the first offset.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from api.documents.printing import printed
from cli.compose.document_signers import new_authority
from ledger.carriers.pdf_attachment import cross_references
from ledger.core.receipt import Receipt
from tests.api.test_certificates import rows
from tests.api.test_signed_certificates import NOW_MS, blank_of, signer_of
from tests.javascript.mutants import changed_bytes
from tests.vectors.generate.certificate_pdf import HEADER, spelled_paper, tagged
from tests.vectors.generate.court_bundle import packed
from tests.vectors.generate.court_bundles import PAPER, files_of, spelled
from tests.vectors.generate.receipts import World

_HOSTILE = (
    *(
        b"/AA<<>>",
        b"/A<<>>",
        b"/OpenAction 1 0 R",
        b"/JS(x)",
        b"/JS<00>",
        b"/AF[1 0 R]",
        b"/EF<<>>",
    ),
    *(b"/Annots[1 0 R]", b"/Annots 1 0 R", b"/Encrypt 1 0 R", b"/Type/ObjStm", b"/Type/XRef"),
    *(b"/F<00>", b"/FFilter/X", b"/OC 1 0 R", b"/Ref<<>>", b"/XFA 1 0 R", b"/Length 5", b"/Length"),
    *(
        b"/Length 5 0 R",
        b"/Length 00005",
        b"(\nstream\n)",
        b"%\nstream\n",
        b"\nstream\n",
        b"stream",
    ),
    *(
        b"\nendobj\n",
        b"endstream",
        b"obj",
        b"#41",
        b"\x00",
        b"\r",
        b"\t",
        b" ",
        b"\n",
        b">>",
        b"<<",
    ),
    *(b"[", b"]", b"/Bidwitness 1", b"/Bidwitness 2", b"/StructParent 0", b"/TU<FEFF>", b"\x85"),
    *(
        b"startxref\n15\n%%EOF\n",
        b"\nxref\n",
        b"trailer\n",
        b"%%EOF",
        b"%PDF-1.7\n",
        b"\xe2\x80\xa8",
    ),
)
_TOKEN = re.compile(rb"[0-9]+|/[A-Za-z0-9]+|<[0-9A-Fa-f]*>|\([^)]*\)|[\[\]]|<<|>>")
_OBJECT = re.compile(rb"([0-9]{10}) 00000 n \n")
_Change = Callable[[bytes, random.Random], bytes]


def certificates(told: World) -> list[bytes]:
    """Certificates that hold: as nodes make them, and as the vectors spell them."""
    receipts = _receipts(told)
    first = spelled_paper(told.network.trust.genesis.domain, receipts[0])
    signed = replace(first, signed=True)
    drawn = blank_of(told)
    long = replace(drawn, sections=rows("金城市", "x" * 90), signed=False)
    authority = new_authority("省数字证书认证中心", NOW_MS - 1_000)
    return [
        *(each.file() for each in (first, signed, tagged(first), tagged(signed))),
        printed(long),
        printed(drawn, signer_of(authority)),
    ]


def changed_certificates(told: World, seed: int, count: int) -> Iterator[bytes]:
    """`count` certificates, each changed in one to three places."""
    chance = random.Random(seed)
    whole = certificates(told)
    receipts = [each.encode() for each in _receipts(told)]
    for _ in range(count):
        file = chance.choice(whole)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            file = changed_certificate(file, whole, receipts, chance)
        yield file


def changed_bundles(told: World, seed: int, count: int) -> Iterator[bytes]:
    """`count` court bundles with a certificate inside, each changed in one place."""
    chance = random.Random(seed)
    whole = certificates(told)
    receipts = _receipts(told)
    base = files_of([told.network.receipt(told.first)], [PAPER]) | {
        "certificates/A-1.pdf": whole[0]
    }
    many = files_of(receipts, proofs=True) | {"certificates/A-1.pdf": whole[2]}
    spelled_receipts = [each.encode() for each in receipts]
    for _ in range(count):
        files = dict(chance.choice((base, many)))
        name, how = chance.choice(list(files)), chance.randrange(8)
        if how == 0:
            yield changed_bytes(spelled(files), chance)
            continue
        if how == 1:
            data = spelled(files)
            yield data[: chance.randrange(len(data))]
            continue
        if how == 2:
            files[chance.choice(("certificates/B-2.pdf", "x.pdf", name.upper()))] = files[name]
        elif how == 3:
            del files[name]
        elif how == 4:
            files[name] = files[chance.choice(list(files))]
        elif how == 5:
            files[name] = changed_bytes(files[name], chance)
        else:
            paper = files["certificates/A-1.pdf"]
            files["certificates/A-1.pdf"] = changed_certificate(
                paper, whole, spelled_receipts, chance
            )
        yield spelled(files, sums=True) if chance.random() < 0.9 else packed(files)


def changed_certificate(
    file: bytes, whole: Sequence[bytes], receipts: Sequence[bytes], chance: random.Random
) -> bytes:
    """A certificate changed in one place; after a change to an object the table is right again."""
    how = chance.random()
    if how < 0.15:
        return changed_bytes(file, chance)
    if how < 0.25:
        return file[: chance.randrange(len(file))]
    if how < 0.4:
        return _at_the_end(file, chance.choice(whole), chance)
    bodies = _bodies(file)
    if not bodies:
        return changed_bytes(file, chance)
    if how < 0.6:
        _attach(bodies, receipts, chance)
    elif how < 0.7:
        _mislabel(bodies, chance)
    else:
        _bend(bodies, chance)
    return _rewritten(file, bodies)


def _at_the_end(file: bytes, other: bytes, chance: random.Random) -> bytes:
    """The table, the trailer, or what follows."""
    start = file.rfind(b"\nxref\n") + 1
    head, tail = file[:start], file[start:]
    how = chance.randrange(5)
    if how == 0:
        return head + changed_bytes(tail, chance)
    if how == 1:
        return file + chance.choice((tail, other, b"\n", b"%%EOF\n", other[len(HEADER) :]))
    if how == 2:
        return head + _inserted(tail, chance)
    if how == 3:
        return head + _replaced(tail, chance)
    return head + chance.choice(_HOSTILE) + tail


def _bodies(file: bytes) -> list[bytes]:
    """Every object's body, as far as the table still tells; empty where it does not."""
    start = file.rfind(b"\nxref\n") + 1
    places = [int(each) for each in _OBJECT.findall(file, start)] if start else []
    bodies: list[bytes] = []
    if not places:
        return bodies
    for begin, end in zip(places, [*places[1:], start], strict=True):
        _, _, body = file[begin:end].partition(b" obj\n")
        bodies.append(body.removesuffix(b"\nendobj\n"))
    return bodies


def _rewritten(file: bytes, bodies: Sequence[bytes]) -> bytes:
    """The file with these objects, and a table that is right."""
    data, places = bytearray(HEADER), []
    for number, body in enumerate(bodies, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    trailer = file[file.rfind(b"trailer\n") :]
    trailer = re.sub(rb"/Size [0-9]+", b"/Size %d" % (len(bodies) + 1), trailer, count=1)
    trailer = re.sub(rb"startxref\n[0-9]+", b"startxref\n%d" % start, trailer)
    data += cross_references(places) + trailer
    found = data.find(b"/Contents<30"), data.find(b"/Contents<00")
    begin = max(found) + len(b"/Contents")
    if max(found) > 0:
        end = data.find(b">", begin) + 1
        told = b"/ByteRange[0 %010d %010d %010d]" % (begin, end, len(data) - end)
        data = bytearray(re.sub(rb"/ByteRange\[0 [0-9]{10} [0-9]{10} [0-9]{10}\]", told, data))
    return bytes(data)


def _attach(bodies: list[bytes], receipts: Sequence[bytes], chance: random.Random) -> None:
    """Another receipt, or a changed one, in the place of the attachment; or an attachment more."""
    place = next(
        (at for at, body in enumerate(bodies) if body.startswith(b"<</Type/EmbeddedFile")), None
    )
    if place is None:
        return
    how = chance.randrange(4)
    held = bodies[place].partition(b"\nstream\n")[2].removesuffix(b"\nendstream")
    receipt = chance.choice(receipts) if how == 0 else changed_bytes(held, chance)
    size = len(receipt) + (chance.choice((1, -1)) if how == 2 else 0)
    body = b"<</Type/EmbeddedFile/Subtype/application#2Fjson/Length %d/Params<</Size %d>>>>" % (
        size,
        size,
    )
    made = body + b"\nstream\n" + receipt + b"\nendstream"
    if how == 3:
        bodies.append(made)
    else:
        bodies[place] = made


def _mislabel(bodies: list[bytes], chance: random.Random) -> None:
    """One thing in the metadata that verifiers read."""
    for at, body in enumerate(bodies):
        if b"/BidwitnessNumber(" in body:
            bodies[at] = chance.choice((_replaced, _inserted, changed_bytes))(body, chance)


def _bend(bodies: list[bytes], chance: random.Random) -> None:
    """One object, or the order of two."""
    at, other = chance.randrange(len(bodies)), chance.randrange(len(bodies))
    how = chance.randrange(7)
    if how == 0:
        bodies[at], bodies[other] = bodies[other], bodies[at]
    elif how == 1:
        bodies[at] = bodies[other]
    elif how == 2:
        del bodies[at]
    elif how == 3:
        bodies.append(bodies[at])
    else:
        change: _Change = chance.choice((_replaced, _inserted, _inserted, changed_bytes))
        bodies[at] = change(bodies[at], chance)


def _inserted(data: bytes, chance: random.Random) -> bytes:
    """A hostile word between two others of a dictionary."""
    head, mark, rest = data.partition(b"\nstream\n")
    places = [each.start() for each in _TOKEN.finditer(head)] or [0]
    at = chance.choice(places)
    return head[:at] + chance.choice(_HOSTILE) + head[at:] + mark + rest


def _replaced(data: bytes, chance: random.Random) -> bytes:
    """One word of a dictionary left out, doubled, or another one."""
    head, mark, rest = data.partition(b"\nstream\n")
    words = list(_TOKEN.finditer(head))
    if not words:
        return data
    one, other = chance.choice(words), chance.choice(words)
    said = chance.choice((b"", one[0] * 2, other[0], b"9" * 40, b"0" + one[0]))
    return head[: one.start()] + said + head[one.end() :] + mark + rest


def _receipts(told: World) -> list[Receipt]:
    return [told.network.receipt(each) for each in (told.first, told.second, told.alert)]
