"""The receipt inside a certificate in PDF, and what its metadata names; only our own form is read.

A PDF can show one thing and carry another in many ways. Those that a reader can exclude without
knowing PDF are excluded by form: one revision, one list of objects that fill the file without a
gap, one attachment, no action, no script. What the page shows is not judged here, nor is the
signature. Spec: ``docs/spec/certificate_pdf.md``.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ledger.codes import Code
from ledger.errors import FormatError

MEDIA_TYPE: Final = "application/pdf"
PDF_BYTES_MAX: Final = 4 << 20
OBJECTS_MAX: Final = 9_999
START: Final = b"%PDF-"
HEADER: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
CMS_BYTES_MAX: Final = 16_384
"""Room for a signature with its certificates."""

_END = re.compile(rb"startxref\n([1-9][0-9]{0,9})\n%%EOF\n\Z")
_TRAILER = re.compile(
    rb"trailer\n<</Size ([0-9]{1,4})/Root ([0-9]{1,4}) 0 R/Info ([0-9]{1,4}) 0 R"
    rb"/ID\[<([0-9a-f]{32})><\4>\]>>\nstartxref\n[0-9]+\n%%EOF\n"
)
_CATALOG = re.compile(
    rb"<</Type/Catalog/Pages [0-9]{1,4} 0 R/Lang\(zh-CN\)"
    rb"/ViewerPreferences<</DisplayDocTitle true>>/Metadata [0-9]{1,4} 0 R"
    rb"/Names<</EmbeddedFiles<</Names\[\(receipt\.json\)([0-9]{1,4}) 0 R\]>>>>"
    rb"/AF\[\1 0 R\](/MarkInfo<</Marked true>>/StructTreeRoot [0-9]{1,4} 0 R)?"
    rb"(?:/AcroForm<</Fields\[([0-9]{1,4}) 0 R\]/SigFlags 3>>)?>>"
)
_FILE = re.compile(
    rb"<</Type/Filespec/F\(receipt\.json\)/UF\(receipt\.json\)/AFRelationship/Data"
    rb"/EF<</F ([0-9]{1,4}) 0 R/UF \1 0 R>>>>"
)
_EMBEDDED = re.compile(
    rb"<</Type/EmbeddedFile/Subtype/application#2Fjson/Length ([0-9]{1,7})/Params<</Size \1>>>>\n"
    rb"stream\n"
)
_INFO = re.compile(
    rb"<</Title<[0-9A-F]*>/Author<[0-9A-F]*>/Producer\(bidwitness\)"
    rb"/CreationDate\(D:([12][0-9]{13})Z\)"
    rb"/ModDate\(D:\1Z\)/Bidwitness ([12])/BidwitnessNumber\(([0-9A-Z-]{8,64})\)"
    rb"/BidwitnessNetwork<([0-9a-f]{64})>/BidwitnessRecord<([0-9a-f]{64})>"
    rb"/BidwitnessEntry<([0-9a-f]{64})>>>"
)
_SAYS = re.compile(rb"/Bidwitness [12]/BidwitnessNumber\(")
_FIELD = re.compile(
    rb"<</Type/Annot/Subtype/Widget/FT/Sig/T\(Signature\)(?:/F 132/Rect\[0 0 0 0\]"
    rb"|(/TU<[0-9A-F]*>)/F 132/Rect\[0 0 0 0\]/StructParent [0-9]{1,4})"
    rb"/P [0-9]{1,4} 0 R/V ([0-9]{1,4}) 0 R>>"
)
_SIGNATURE = re.compile(
    rb"<</Type/Sig/Filter/Adobe\.PPKLite/SubFilter/ETSI\.CAdES\.detached/M\(D:[0-9]{14}Z\)"
    rb"/ByteRange\[0 ([0-9]{10}) ([0-9]{10}) ([0-9]{10})\]/Contents(<[0-9a-f]+>)>>"
)
_ACTIVE = re.compile(
    rb"/(?:3D|A|AA|AcroForm|AF|Alternates|Annot|AP|EF|EmbeddedFile|Encrypt|F|FDecodeParms|FFilter"
    rb"|Filespec|FileAttachment|JS|JavaScript|Launch|Movie|ObjStm|OC|OCProperties|OpenAction|Perms"
    rb"|Ref|RF|RichMedia|Screen|Sig|Sound|SubmitForm|URI|XFA|XRef)(?![0-9A-Za-z])"
    rb"|[^\n -~]|[#%()]|obj|stream"
)
"""What no other object's dictionary may have: further files, actions, notes over the page, layers,
signatures; names in disguise; and what could let a reader see its end elsewhere than we do."""
_ANNOTATIONS = re.compile(rb"/Annots(?![0-9A-Za-z])(?:\[([0-9]{1,4}) 0 R\])?")
_LENGTH = re.compile(rb"/Length(?![0-9A-Za-z])(?: ([0-9]{1,7})(?=[ \n]*[/>]))?")
_LAST: Final = b"\nendobj\n"


@dataclass(frozen=True, slots=True)
class CertificatePdf:
    """A certificate as a file, not judged."""

    number: str
    """As its metadata names it."""
    network_id: bytes
    record_id: bytes
    entry_hash: bytes
    """What its metadata say that it is of; its receipt must be of the same."""
    issued_at_ms: int
    """When it was made, as whoever made it claims."""
    receipt: bytes
    """The attachment."""
    signed_ranges: tuple[tuple[int, int], ...]
    """Offsets that a signature covers: all but the signature itself; none for an unsigned one."""


def is_pdf(data: bytes) -> bool:
    """Whether a file says that it is a PDF."""
    return data.startswith(START)


def says_certificate(data: bytes) -> bool:
    """Whether a file says that it is a certificate: a broken or changed one still does."""
    return data.startswith(START) and _SAYS.search(data) is not None


def read_certificate(data: bytes) -> CertificatePdf:
    """The certificate that a PDF of our form holds.

    Raises:
        FormatError: `certificate_pdf.form` for any other PDF; `certificate_pdf.revised` where
            something was appended after it was issued; `format.too_large`.
    """
    if len(data) > PDF_BYTES_MAX:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(data), limit=PDF_BYTES_MAX)
    if not data.startswith(HEADER):
        raise _unlike("header")
    root, info, bodies = _objects(data)
    catalog = _shape(_CATALOG, bodies, root, "catalog")
    file_number = int(catalog[1])
    embedded_number = int(_shape(_FILE, bodies, file_number, "filespec")[1])
    known, annotations = {root, info, file_number, embedded_number}, set[bytes]()
    ranges: tuple[tuple[int, int], ...] = ()
    said = _shape(_INFO, bodies, info, "info")
    versions = [said[2] == b"2", catalog[2] is not None]
    if catalog[3] is not None:
        field_number = int(catalog[3])
        field = _shape(_FIELD, bodies, field_number, "field")
        versions.append(field[1] is not None)
        signature_number = int(field[2])
        ranges = _signed(_shape(_SIGNATURE, bodies, signature_number, "signature"), data)
        known |= {field_number, signature_number}
        annotations.add(catalog[3])
    if len(set(versions)) != 1:
        raise _unlike("version")
    for number, body in bodies.items():
        if number not in known and not _is_plain(body, annotations):
            raise _unlike(f"object {number}")
    return CertificatePdf(
        number=said[3].decode(),
        network_id=bytes.fromhex(said[4].decode()),
        record_id=bytes.fromhex(said[5].decode()),
        entry_hash=bytes.fromhex(said[6].decode()),
        issued_at_ms=_moment_ms(said[1].decode()),
        receipt=_attachment(bodies.get(embedded_number, b"")),
        signed_ranges=ranges,
    )


def _moment_ms(text: str) -> int:
    """The milliseconds of ``YYYYMMDDhhmmss`` in UTC."""
    try:
        moment = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as problem:
        raise _unlike("info") from problem
    return int(moment.timestamp()) * 1000


def _objects(data: bytes) -> tuple[int, int, Mapping[int, bytes]]:
    """Numbers of catalog and info, and each object's body; they fill the file without a gap."""
    end = _END.search(data)
    start = int(end[1]) if end else 0
    trailer = _TRAILER.fullmatch(data, data.find(b"trailer\n", start))
    if trailer is None:
        # Whatever follows a whole file of our form came later, and may change what is shown.
        raise _revised() if data.count(b"%%EOF") > 1 else _unlike("trailer")
    size = int(trailer[1])
    if not 2 <= size <= OBJECTS_MAX or data.count(b"\nxref\n") > 1:
        raise _revised() if data.count(b"\nxref\n") > 1 else _unlike("size")
    table = data[start : trailer.start()]
    lines = re.findall(rb"([0-9]{10}) 00000 n \n", table)
    offsets = [int(each) for each in lines]
    if table != cross_references(offsets) or len(offsets) != size - 1:
        raise _unlike("xref")
    if offsets[0] != len(HEADER) or offsets != sorted(offsets):
        raise _unlike("xref")
    bodies = dict(_bodies(data, [*offsets, start]))
    return int(trailer[2]), int(trailer[3]), bodies


def _bodies(data: bytes, offsets: list[int]) -> Iterator[tuple[int, bytes]]:
    """Each object between its offset and the next one's."""
    for number, (start, end) in enumerate(itertools.pairwise(offsets), 1):
        whole, first = data[start:end], b"%d 0 obj\n" % number
        if not (whole.startswith(first) and whole.find(_LAST) == len(whole) - len(_LAST)):
            raise _unlike(f"object {number}")
        yield number, whole[len(first) : -len(_LAST)]


def cross_references(offsets: list[int]) -> bytes:
    """The table of objects in its only spelling."""
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    return head + b"".join(b"%010d 00000 n \n" % each for each in offsets)


def _shape(
    form: re.Pattern[bytes], bodies: Mapping[int, bytes], number: int, what: str
) -> re.Match[bytes]:
    """The object of a number, which must have one exact form."""
    found = form.fullmatch(bodies.get(number, b""))
    if found is None:
        raise _unlike(what)
    return found


def _attachment(body: bytes) -> bytes:
    start = _EMBEDDED.match(body)
    if start is None or not body.endswith(b"\nendstream"):
        raise _unlike("attachment")
    held = body[start.end() : -len(b"\nendstream")]
    if len(held) != int(start[1]):
        raise _unlike("attachment")
    return held


def _signed(signature: re.Match[bytes], data: bytes) -> tuple[tuple[int, int], ...]:
    """The two stretches that the signature covers: all that is not the signature itself."""
    first, second, rest = (int(each) for each in signature.groups()[:3])
    if data[first:second] != signature[4] or second + rest != len(data):
        raise _unlike("byte range")
    return (0, first), (second, len(data))


def _is_plain(body: bytes, annotations: Set[bytes]) -> bool:
    """Whether an object only shows something: a dictionary, and a stream as long as it says.

    Args:
        body: of the object.
        annotations: that a page may have: the field of the signature.
    """
    head, mark, rest = body.partition(b"\nstream\n")
    if not (head.startswith(b"<<") and head.endswith(b">>")) or _ACTIVE.search(head):
        return False
    if not set(_ANNOTATIONS.findall(head)) <= annotations:
        return False
    lengths = _LENGTH.findall(head)
    if not mark:
        return not lengths
    if len(lengths) != 1 or not lengths[0]:
        return False
    return rest[int(lengths[0]) :] in (b"endstream", b"\nendstream")


def _unlike(what: str) -> FormatError:
    return FormatError(Code.CERTIFICATE_PDF_FORM, what=what)


def _revised() -> FormatError:
    return FormatError(Code.CERTIFICATE_PDF_REVISED)
