"""Puts drawn pages, metadata and receipt into one file of the form that verifiers read.

`ledger.carriers.pdf_attachment` defines the form and reads it; this is its other half. The same
certificate gives the same bytes, up to the signature. Spec: ``docs/spec/certificate_pdf.md``.
"""

import hashlib
import re
from datetime import UTC, datetime
from typing import Final
from xml.sax.saxutils import escape

from api.documents.facts import Certificate
from api.documents.sheet import Layout
from api.documents.tagging import (
    Field,
    page_numbers,
    structure_objects,
    tagged_page,
    text_string,
)
from api.documents.words import both
from ledger.carriers.pdf_attachment import CMS_BYTES_MAX, HEADER, cross_references
from ledger.errors import InvariantBroken

_END = re.compile(rb"startxref\n([0-9]+)\n%%EOF\n\Z")
_OFFSET = re.compile(rb"([0-9]{10}) 00000 n ")
_PAGES = re.compile(rb"/Pages ([0-9]+) 0 R")
_ROOT = re.compile(rb"/Root ([0-9]+) 0 R")
_INFO = re.compile(rb"/Info ([0-9]+) 0 R")
_BLANK: Final = b"0000000000"


def assembled(drawn: bytes, layout: Layout, certificate: Certificate) -> bytes:
    """The whole file; where it is to be signed, with room for the signature.

    Args:
        drawn: the pages, as `api.documents.drawing` gives them.
        layout: what stands on them.
        certificate: whose pages they are.
    """
    bodies, root, info = _objects(drawn)
    tree = _PAGES.search(bodies[root])
    pages = page_numbers(bodies[int(tree[1]) - 1]) if tree else []
    if tree is None or len(pages) != len(layout.pages):
        raise InvariantBroken("pages were drawn without a tree of pages")
    for key, number in enumerate(pages):
        bodies[number - 1] = tagged_page(bodies[number - 1], key)
    metadata = len(bodies) + 1
    file, embedded, field, signature = range(metadata + 1, metadata + 5)
    form, key, first = b"", len(pages), pages[0]
    if certificate.signed:
        form = b"/AcroForm<</Fields[%d 0 R]/SigFlags 3>>" % field
        bodies[first - 1] = bodies[first - 1].replace(b"<<", b"<</Annots[%d 0 R]" % field, 1)
    structure = signature + 1 if certificate.signed else field
    bodies[root] = (
        b"<</Type/Catalog/Pages %s 0 R/Lang(zh-CN)/ViewerPreferences<</DisplayDocTitle true>>"
        b"/Metadata %d 0 R/Names<</EmbeddedFiles<</Names[(receipt.json)%d 0 R]>>>>/AF[%d 0 R]"
        b"/MarkInfo<</Marked true>>/StructTreeRoot %d 0 R%s>>"
    ) % (tree[1], metadata, file, file, structure, form)
    bodies[info] = _info(certificate)
    bodies += [
        _stream(b"<</Type/Metadata/Subtype/XML/Length %d>>", _xmp(certificate)),
        b"<</Type/Filespec/F(receipt.json)/UF(receipt.json)/AFRelationship/Data"
        b"/EF<</F %d 0 R/UF %d 0 R>>>>" % (embedded, embedded),
        _stream(
            b"<</Type/EmbeddedFile/Subtype/application#2Fjson/Length %d/Params<</Size %d>>>>",
            certificate.receipt,
        ),
    ]
    told: Field | None = None
    if certificate.signed:
        told = Field(field, key)
        bodies += [_field(told, first, signature), _signature(certificate)]
    bodies += structure_objects(layout, pages, structure, told)
    return _written(bodies, root + 1, info + 1)


def _objects(drawn: bytes) -> tuple[list[bytes], int, int]:
    """Every object's body, and where among them are the catalog and the info."""
    end = _END.search(drawn)
    root, info = _ROOT.search(drawn), _INFO.search(drawn)
    if end is None or root is None or info is None:
        raise InvariantBroken("pages were drawn in an unknown form")
    start = int(end[1])
    offsets = [int(each) for each in _OFFSET.findall(drawn, start)]
    bodies = []
    for number, (begin, stop) in enumerate(zip(offsets, [*offsets[1:], start], strict=True), 1):
        whole = drawn[begin:stop]
        first = b"%d 0 obj\n" % number
        if not (whole.startswith(first) and whole.endswith(b"endobj\n")):
            raise InvariantBroken("pages were drawn in an unknown form")
        bodies.append(whole[len(first) : -len(b"endobj\n")].rstrip(b"\n"))
    return bodies, int(root[1]) - 1, int(info[1]) - 1


def _written(bodies: list[bytes], root: int, info: int) -> bytes:
    """The file: objects in the order of their numbers, then the table of them."""
    data, offsets = bytearray(HEADER), []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    name = hashlib.sha256(data).hexdigest()[:32].encode()
    data += cross_references(offsets)
    data += b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]>>\n" % (
        len(bodies) + 1,
        root,
        info,
        name,
        name,
    )
    data += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(data)


def _info(certificate: Certificate) -> bytes:
    """The metadata, in which verifiers find what the certificate says that it is of."""
    time = _pdf_time(certificate.printed_at_ms)
    return (
        b"<</Title<%s>/Author<%s>/Producer(bidwitness)/CreationDate(D:%sZ)/ModDate(D:%sZ)"
        b"/Bidwitness 2/BidwitnessNumber(%s)/BidwitnessNetwork<%s>/BidwitnessRecord<%s>"
        b"/BidwitnessEntry<%s>>>"
    ) % (
        text_string(_title(certificate)),
        text_string(certificate.issued_by.zh),
        time,
        time,
        certificate.number.encode(),
        certificate.network_id.hex().encode(),
        certificate.record_id.hex().encode(),
        certificate.entry_hash.hex().encode(),
    )


def _xmp(certificate: Certificate) -> bytes:
    """The same title, author and time once more, where newer readers look for them."""
    made = datetime.fromtimestamp(certificate.printed_at_ms // 1000, UTC)
    at = made.replace(tzinfo=None).isoformat() + "Z"
    title, author = escape(_title(certificate)), escape(certificate.issued_by.zh)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:pdf="http://ns.adobe.com/pdf/1.3/">'
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>'
        f"<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>"
        "<dc:language><rdf:Bag><rdf:li>zh-CN</rdf:li></rdf:Bag></dc:language>"
        f"<xmp:CreateDate>{at}</xmp:CreateDate><xmp:ModifyDate>{at}</xmp:ModifyDate>"
        "<pdf:Producer>bidwitness</pdf:Producer></rdf:Description></rdf:RDF></x:xmpmeta>\n"
        '<?xpacket end="r"?>'
    ).encode()


def _title(certificate: Certificate) -> str:
    return f"{certificate.title.zh} {certificate.number}"


def _field(field: Field, page: int, signature: int) -> bytes:
    """The field of the signature: it has a place on the first page, and no size."""
    said = both("alt.signature")
    return (
        b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature)/TU<%s>/F 132/Rect[0 0 0 0]"
        b"/StructParent %d/P %d 0 R/V %d 0 R>>"
    ) % (text_string(f"{said.zh} {said.en}"), field.key, page, signature)


def _signature(certificate: Certificate) -> bytes:
    """Room for a signature."""
    return b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:%sZ)%s>>" % (
        _pdf_time(certificate.printed_at_ms),
        b"/ByteRange[0 %s %s %s]/Contents<%s>" % (*(_BLANK,) * 3, b"0" * 2 * CMS_BYTES_MAX),
    )


def _stream(dictionary: bytes, data: bytes) -> bytes:
    """An object with a stream; each ``%d`` of its dictionary is the length."""
    told = dictionary.replace(b"%d", b"%d" % len(data))
    return told + b"\nstream\n" + data + b"\nendstream"


def _pdf_time(time_ms: int) -> bytes:
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y%m%d%H%M%S").encode()
