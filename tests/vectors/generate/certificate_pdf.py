"""Certificates on paper: their numbers; and files, written from the spec page, whole and wrong."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace

from ledger.codes import Code
from ledger.core.certificate_number import certificate_number
from ledger.core.identifiers import LogIndex
from ledger.core.merkle import leaf_hash
from ledger.core.receipt import Receipt
from tests.bits import flipped
from tests.vectors.generate.receipts import World, world
from tests.vectors.generate.spelling import Case, Cases

DOMAIN = "jincheng.bidwitness.example"
_FILESPEC = (
    b"<</Type/Filespec/F(receipt.json)/UF(receipt.json)/AFRelationship/Data"
    b"/EF<</F 8 0 R/UF 8 0 R>>>>"
)
HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
FORM, REVISED, OTHER = (
    Code.CERTIFICATE_PDF_FORM,
    Code.CERTIFICATE_PDF_REVISED,
    Code.CERTIFICATE_PDF_OTHER,
)


def vectors() -> dict[str, Cases]:
    """`certificate_pdf/`: numbers as they are made, ways to mistype one, and files."""
    told = world()
    return {
        "certificate_pdf/numbers.json": _numbers(),
        "certificate_pdf/refused_numbers.json": _refused(),
        "certificate_pdf/files.json": _files(told),
        "certificate_pdf/refused_files.json": _refused_files(told),
    }


def _numbers() -> Cases:
    return [
        {"name": name, "domain": domain, "index": str(index), "number": number}
        for name, domain, index, number in (
            ("the first record", DOMAIN, 0, "JINCHENG-0000-0000-7"),
            ("a record", DOMAIN, 42, "JINCHENG-0000-0042-O"),
            ("the last of two groups", DOMAIN, 99_999_999, "JINCHENG-9999-9999-H"),
            ("the first of three groups", DOMAIN, 100_000_000, "JINCHENG-0001-0000-0000-7"),
            ("the largest index", DOMAIN, 2**63 - 1, "JINCHENG-0922-3372-0368-5477-5807-K"),
            ("hyphens are left out", "lan-zhou-1.example", 42, "LANZHOU1-0000-0042-W"),
            (
                "twelve characters are kept",
                "abcdefghijklmnop.example",
                42,
                "ABCDEFGHIJKL-0000-0042-8",
            ),
        )
    ]


def _refused() -> Cases:
    right = certificate_number(DOMAIN, LogIndex(42))
    named, end = right[:-2], right[-2:]
    return [
        {"name": name, "domain": DOMAIN, "number": number, "code": Code.CERTIFICATE_PDF_NUMBER}
        for name, number in (
            ("another check character", named + "-0"),
            ("two digits exchanged", named[:-2] + "24" + end),
            ("one digit mistyped", named[:-1] + "3" + end),
            ("one group more than needed", named.replace("-0000", "-0000-0000") + end),
            ("one group only", "JINCHENG-0042-" + right[-1]),
            ("another network's", certificate_number("lanzhou.example", LogIndex(42))),
            ("without hyphens", right.replace("-", "")),
            ("no check character", named),
            ("nothing", ""),
        )
    ]


# Files. A page of two words stands for whatever a certificate shows.


def _same(body: bytes) -> bytes:
    return body


@dataclass(frozen=True)
class Paper:
    """A certificate in parts, each of which a case may change before the file is written."""

    receipt: bytes
    number: str
    network: str
    record: str
    entry: str
    signed: bool = False
    version: int = 1
    tree: bytes = b""
    """In the catalog: that its content is marked, and where the tree of it is."""
    told: tuple[bytes, bytes] = (b"", b"")
    """In the field: what it is to a reader, and its place in that tree."""
    header: bytes = HEADER
    page: bytes = b"<</Type/Page/Parent 3 0 R/MediaBox[0 0 595 842]/Contents 5 0 R>>"
    content: bytes = b"<</Length 5>>\nstream\nBT ET\nendstream"
    attached: bytes = b"(receipt.json)7 0 R"
    """The list of attachments."""
    associated: bytes = b"7 0 R"
    filespec: bytes = _FILESPEC
    catalog: bytes = b""
    """Before the last ``>>`` of the catalog."""
    info: Callable[[bytes], bytes] = _same
    embedded: Callable[[bytes], bytes] = _same
    more: tuple[bytes, ...] = ()
    """Further objects."""
    contents: bytes = b"<" + b"0" * 64 + b">"
    moved: int = 0
    """By how much the byte range is wrong."""
    gap: bytes = b""
    """Between two objects."""

    def objects(self) -> list[bytes]:
        """Catalog, info, tree of pages, page, its content, metadata, file, attachment, the rest."""
        form = self.tree + (b"/AcroForm<</Fields[9 0 R]/SigFlags 3>>" if self.signed else b"")
        return [
            b"<</Type/Catalog/Pages 3 0 R/Lang(zh-CN)/ViewerPreferences<</DisplayDocTitle true>>"
            b"/Metadata 6 0 R/Names<</EmbeddedFiles<</Names[%s]>>>>/AF[%s]"
            % (self.attached, self.associated)
            + form
            + self.catalog
            + b">>",
            self.info(self._info()),
            b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
            self.page,
            self.content,
            b"<</Type/Metadata/Subtype/XML/Length 0>>\nstream\n\nendstream",
            self.filespec,
            self.embedded(
                b"<</Type/EmbeddedFile/Subtype/application#2Fjson/Length %d/Params<</Size %d>>>>"
                b"\nstream\n%s\nendstream" % (len(self.receipt), len(self.receipt), self.receipt)
            ),
            *self._signature(),
            *self.more,
        ]

    def file(self) -> bytes:
        """The file; its byte range is filled in once everything has its place."""
        bodies = self.objects()
        data, offsets = bytearray(self.header), []
        for number, body in enumerate(bodies, 1):
            offsets.append(len(data))
            data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
            data += self.gap if number == 3 else b""
        data += _tail(offsets, len(data))
        if self.signed:
            start = data.index(self.contents)
            end = start + len(self.contents)
            told = b"[0 %010d %010d %010d]" % (start, end + self.moved, len(data) - end)
            data = data.replace(b"[0 0000000000 0000000000 0000000000]", told)
        return bytes(data)

    def _info(self) -> bytes:
        return (
            f"<</Title<FEFF>/Author<FEFF>/Producer(bidwitness)/CreationDate(D:20260301013000Z)"
            f"/ModDate(D:20260301013000Z)/Bidwitness {self.version}/BidwitnessNumber({self.number})"
            f"/BidwitnessNetwork<{self.network}>/BidwitnessRecord<{self.record}>"
            f"/BidwitnessEntry<{self.entry}>>>"
        ).encode()

    def _signature(self) -> tuple[bytes, ...]:
        if not self.signed:
            return ()
        return (
            b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature)%s/F 132/Rect[0 0 0 0]%s/P 4 0 R/V 10 0 R>>"
            % self.told,
            b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:20260301013000Z)"
            b"/ByteRange[0 0000000000 0000000000 0000000000]/Contents%s>>" % self.contents,
        )


def _tail(offsets: list[int], start: int, more: bytes = b"") -> bytes:
    size, name = len(offsets) + 1, b"ab" * 16
    lines = b"".join(b"%010d 00000 n \n" % each for each in offsets)
    return (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R/Info 2 0 R"
        b"/ID[<%s><%s>]%s>>\nstartxref\n%d\n%%%%EOF\n"
    ) % (size, lines, size, name, name, more, start)


def paper(told: World, receipt: Receipt) -> Paper:
    """The certificate of a record of the small network."""
    return spelled_paper(told.network.trust.genesis.domain, receipt)


def tagged(untagged: Paper) -> Paper:
    """The same certificate in version 2: its page and the field of its signature in a tree."""
    root = 11 if untagged.signed else 9
    field = b"/K[0<</Type/OBJR/Obj 9 0 R>>]" if untagged.signed else b"/K[0]"
    places = b"0[%d 0 R]" % (root + 2) + (b"1 %d 0 R" % (root + 2)) * untagged.signed
    page = b"<</StructParents 0/Tabs/S" + b"/Annots[9 0 R]" * untagged.signed
    return replace(
        untagged,
        version=2,
        tree=b"/MarkInfo<</Marked true>>/StructTreeRoot %d 0 R" % root,
        told=(b"/TU<FEFF7B7E>", b"/StructParent 1"),
        page=untagged.page.replace(b"<<", page, 1),
        more=(
            b"<</Type/StructTreeRoot/K[%d 0 R]/ParentTree %d 0 R>>" % (root + 2, root + 1),
            b"<</Nums[%s]>>" % places,
            b"<</S/Document/P %d 0 R/Pg 4 0 R%s>>" % (root, field),
            *untagged.more,
        ),
    )


def spelled_paper(domain: str, receipt: Receipt) -> Paper:
    """The certificate of any receipt, of a network of this domain."""
    return Paper(
        receipt=receipt.encode(),
        number=certificate_number(domain, receipt.index),
        network=receipt.network_id.hex(),
        record=receipt.record_id.hex(),
        entry=leaf_hash(receipt.entry).hex(),
    )


def _case(told: World, name: str, data: bytes, code: str | None = None, step: int = 0) -> Case:
    return {
        "name": name,
        "trust": json.loads(told.network.trust.encode()),
        "file": b64encode(data).decode(),
        "code": code,
        "step": step,
    }


def _files(told: World) -> Cases:
    first = paper(told, told.network.receipt(told.first))
    alert = paper(told, told.network.receipt(told.alert))
    other = replace(first, content=b"<</Length 13>>\nstream\nBT (void) ET \nendstream")
    return [
        _case(told, "unsigned", first.file()),
        _case(told, "of what the rules concluded", alert.file()),
        _case(told, "signed, which is not judged", replace(first, signed=True).file()),
        _case(told, "pages that show something else, which are not judged", other.file()),
        _case(told, "tagged", tagged(first).file()),
        _case(told, "tagged and signed", tagged(replace(first, signed=True)).file()),
    ]


def _refused_files(told: World) -> Cases:
    receipt = told.network.receipt(told.first)
    right = paper(told, receipt)
    signed = replace(right, signed=True)
    second = paper(told, told.network.receipt(told.second))
    forged = replace(receipt, record=flipped(receipt.record))
    file = right.file()

    def case(name: str, data: bytes, code: str = FORM, step: int = 0) -> Case:
        return _case(told, name, data, code, step)

    def unlike(name: str, **parts: object) -> Case:
        return case(name, replace(right, **parts).file())  # type: ignore[arg-type]

    attachment = b"<</Type/EmbeddedFile/Length 2>>\nstream\n{}\nendstream"
    return [
        *_unlike(file, case),
        *_hidden(unlike, attachment),
        *_beyond_its_end(unlike),
        *_doubled(unlike, attachment),
        *_tables(file, case),
        *_revised(file, second, case),
        *_versions(right, case),
        *_mislabelled(right, second, case),
        case("byte range that leaves out the end", _shortened(signed.file())),
        case("byte range over another place", replace(signed, moved=1).file()),
        case("byte range over the first page only", _first_only(signed.file())),
        case(
            "two fields for one signature", signed.file().replace(b"[9 0 R]/S", b"[9 0 R 9 0 R]/S")
        ),
        case("signature beside its field", replace(signed, contents=b"(00)").file()),
        case(
            "a forged receipt inside",
            replace(right, receipt=forged.encode()).file(),
            "receipt.record_id",
            3,
        ),
        case(
            "an attachment that is no receipt", replace(right, receipt=b"{}").file(), "format.shape"
        ),
    ]


def _first_only(file: bytes) -> bytes:
    """A byte range that ends behind the signature."""
    start = file.index(b"]/Contents<") - 10
    return file[:start] + b"%010d" % 10 + file[start + 10 :]


def _shortened(file: bytes) -> bytes:
    """The last number of the byte range one less."""
    start = file.index(b"]/Contents<") - 10
    less = b"%010d" % (int(file[start : start + 10]) - 1)
    return file[:start] + less + file[start + 10 :]


def _unlike(file: bytes, case: Callable[..., Case]) -> Cases:
    """Files that are not of the form."""
    at = file.index(b"2 0 obj")
    return [
        case("another PDF", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"),
        case("another version of PDF", file.replace(b"%PDF-1.7", b"%PDF-1.4")),
        case("cut short", file[:-6]),
        case("an empty line behind it", file + b"\n"),
        case(
            "offset of an object", file.replace(b"%010d 00000 n" % at, b"%010d 00000 n" % (at + 1))
        ),
        case("offset of the table", file.replace(b"startxref\n", b"startxref\n1")),
        case("lines that end as on Windows", file.replace(b"endobj\n", b"endobj\r\n")),
    ]


def _hidden(unlike: Callable[..., Case], attachment: bytes) -> Cases:
    """Files of the form but for what they hide in it."""
    page = Paper.page
    return [
        unlike("bytes between two objects", gap=b"%\n"),
        unlike("a second attachment", more=(attachment,)),
        unlike("a second name of a file", more=(b"<</Type/Filespec/F(a)/EF<</F 8 0 R>>>>",)),
        unlike("a name in disguise", more=(b"<</Type/Embedded#46ile>>",)),
        unlike("a script", more=(b"<</S/JavaScript/JS(app.alert)>>",)),
        unlike("an action when it is opened", catalog=b"/OpenAction 4 0 R"),
        unlike("an action on a page", page=page.replace(b"/Contents", b"/AA<<>>/Contents")),
        unlike("a link", more=(b"<</A<</S/URI/URI(http://a.example)>>>>",)),
        unlike("a layer", more=(b"<</Type/XObject/OC 4 0 R>>",)),
        unlike("packed objects", more=(b"<</Type/ObjStm/N 0>>",)),
        unlike("a signature beside the form", more=(b"<</Type/Sig/Contents<00>>>",)),
        unlike(
            "an attachment longer than it says", embedded=lambda body: body.replace(b"{", b"{ ", 1)
        ),
        unlike(
            "a packed attachment",
            embedded=lambda body: body.replace(b"/Params", b"/Filter/X/Params"),
        ),
        unlike(
            "another version", info=lambda body: body.replace(b"/Bidwitness 1", b"/Bidwitness 3")
        ),
        unlike(
            "no record named", info=lambda body: body.partition(b"/BidwitnessRecord")[0] + b">>"
        ),
        unlike("two records named", info=lambda body: body[:-2] + b"/BidwitnessRecord<00>>>"),
    ]


def _beyond_its_end(unlike: Callable[..., Case]) -> Cases:
    """Objects whose end another reader sees elsewhere, so that something stands behind it."""
    script, page = b"/S/JavaScript/JS<00>", Paper.page
    stream = b">>\nstream\nBT ET\nendstream"
    return [
        unlike("a script behind a word in a string", more=(b"<</X(\nstream\n)" + script + b">>",)),
        unlike("a script behind a word in a remark", more=(b"<<%\nstream\n" + script + b">>",)),
        unlike("a script behind two ends", more=(b"<<>>\nendobj\n10 0 obj\n<<" + script + b">>",)),
        unlike("a stream in a string", more=(b"<</X(>>\nstream\n)>>",)),
        unlike("an object in an object", more=(b"<</X 10 0 obj<<>>endobj>>",)),
        unlike("a stream without its length", content=b"<<" + stream),
        unlike("a stream longer than it says", content=b"<</Length 4" + stream),
        unlike("a stream shorter than it says", content=b"<</Length 9999999" + stream),
        unlike("a stream whose length is another object", content=b"<</Length 5 0 R" + stream),
        unlike("a stream with two lengths", content=b"<</Length 5/Length 4" + stream),
        unlike("a length of a hundred digits", content=b"<</Length " + b"9" * 100 + stream),
        unlike("a stream in another file", content=b"<</Length 5/F<612E62696E>" + stream),
        unlike("a page from another file", more=(b"<</Ref<</Page 0>>/Length 0" + stream,)),
        unlike(
            "a note over the page", page=page.replace(b"/C", b"/Annots[9 0 R]/C"), more=(_NOTE,)
        ),
        unlike("notes somewhere else", page=page.replace(b"/C", b"/Annots 9 0 R/C"), more=(_NOTE,)),
        unlike("a name with a blank that is none", more=(b"<</Type/X\x00/JS<00>>>",)),
    ]


_NOTE = b"<</Subtype/FreeText/Rect[0 0 595 842]/Contents<00>>>"


def _doubled(unlike: Callable[..., Case], attachment: bytes) -> Cases:
    """Two attachments where one viewer shows the first and another the second."""
    name = b"(receipt.json)"
    second = (_FILESPEC.replace(b"8 0 R", b"10 0 R"), attachment)
    both, apart = name + b"7 0 R" + name + b"9 0 R", _FILESPEC.replace(b"/UF 8", b"/UF 10")
    return [
        unlike("two attachments of one name", attached=both, more=second),
        unlike("another file associated than attached", associated=b"9 0 R", more=second),
        unlike("two files associated", associated=b"7 0 R 9 0 R", more=second),
        unlike("another file for another system", filespec=apart, more=second),
        unlike("a form of another kind", tree=b"/AcroForm<</XFA 9 0 R/Fields[]>>", more=(b"<<>>",)),
        unlike("an attachment as long as no file", embedded=_long),
    ]


def _long(body: bytes) -> bytes:
    length = body[: body.index(b"/Params")].rpartition(b" ")[2]
    return body.replace(length, b"99999999")


def _tables(file: bytes, case: Callable[..., Case]) -> Cases:
    """Tables of objects by which another reader finds others, or none, or never ends."""
    table, end = file.rindex(b"xref\n0 "), b">>\nstartxref\n"
    place, count = b"startxref\n%d\n" % table, b"xref\n0 9\n"
    lines = file[table:].split(b"\n")
    return [
        case(name, changed)
        for name, changed in (
            ("a table before the table: itself", file.replace(end, b"/Prev %d%s" % (table, end))),
            ("a second table as a stream", file.replace(end, b"/XRefStm 15" + end)),
            ("encrypted", file.replace(end, b"/Encrypt 3 0 R" + end)),
            ("two places of the table", file.replace(place, b"startxref\n15\n" + place)),
            ("the place of the table in no number", file.replace(place, b"startxref\n-1\n")),
            ("a place beyond the file", file.replace(place, b"startxref\n9999999999\n")),
            ("more objects than there are", file.replace(b"/Size 9", b"/Size 9999")),
            ("a table of more objects", file.replace(count, b"xref\n0 9999\n")),
            ("two objects at one place", file.replace(lines[4], lines[3])),
            ("two objects exchanged", _exchanged(file, lines[3], lines[4])),
            ("an object that is free", file.replace(lines[5], lines[5].replace(b"n", b"f"))),
            ("two headers", file.replace(HEADER, HEADER + HEADER)),
        )
    ]


def _exchanged(file: bytes, one: bytes, other: bytes) -> bytes:
    return file.replace(one, b"?").replace(other, one).replace(b"?", other)


def _revised(file: bytes, second: Paper, case: Callable[..., Case]) -> Cases:
    """Shadows: a whole certificate, and behind it what would be shown instead."""
    start = len(file)
    body = b"5 0 obj\n<</Length 5>>\nstream\nET BT\nendstream\nendobj\n"
    end = b"xref\n5 1\n%010d 00000 n \ntrailer\n<</Size 9/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    before = file.rindex(b"xref\n0 ")
    other = second.file()[len(HEADER) :]
    return [
        case(
            "another page appended", file + body + end % (start, before, start + len(body)), REVISED
        ),
        case("another certificate appended", file + other, REVISED),
        case("the same end once more", file + file[before:], REVISED),
    ]


def _versions(right: Paper, case: Callable[..., Case]) -> Cases:
    """Of one version here, and of another there."""
    signed = tagged(replace(right, signed=True))
    return [
        case(name, made.file())
        for name, made in (
            ("tagged, and calls itself version 1", replace(tagged(right), version=1)),
            ("not tagged, and calls itself version 2", replace(right, version=2)),
            ("tagged, and its field is not", replace(signed, told=(b"", b""))),
            ("its field is tagged, and nothing else", replace(signed, version=1, tree=b"")),
            (
                "an action among what is tagged",
                replace(tagged(right), more=(b"<</S/P/A<</S/Named>>>>",)),
            ),
        )
    ]


def _mislabelled(right: Paper, second: Paper, case: Callable[..., Case]) -> Cases:
    """The receipt holds and is of something else than the certificate names."""

    def other(name: str, **parts: str | bytes) -> Case:
        return case(name, replace(right, **parts).file(), OTHER, 14)  # type: ignore[arg-type]

    return [
        other("the receipt of another record attached", receipt=second.receipt),
        other("another record named", record=second.record),
        other("another entry named", entry=second.entry),
        other("another network named", network="0" * 64),
        other("another number named", number=second.number),
    ]
