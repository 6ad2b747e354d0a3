"""Certificates for whoever cannot see them: titles, tables, lists and the QR, in words and in order."""

import io
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from api.documents.facts import Certificate, Manner, Note, Pair, Section
from api.documents.layout import laid_out
from api.documents.printing import printed
from api.documents.signing import DocumentSigner
from api.documents.structure import Role
from cli.compose.document_signers import new_authority
from tests.api.test_certificates import certificate, rows
from tests.api.test_signed_certificates import NOW_MS, blank_of, signer_of
from tests.vectors.generate.receipts import world

LONG = "金城市黄河路桥梁改造工程（第一标段）施工总承包，" * 20


@pytest.fixture(scope="module")
def signer() -> DocumentSigner:
    return signer_of(new_authority("省数字证书认证中心", NOW_MS - 1_000))


@pytest.fixture(scope="module")
def long() -> Certificate:
    """Over some pages, with every kind of item, and a character that the font lacks."""
    proved = Section(
        Pair("证明什么", "Proved"),
        (
            Note(Pair("记录如此。", "So it is."), "✓"),
            Note(Pair("时间未证明。", "Not when."), "✗"),
        ),
    )
    digests = rows(*(f"{at:064x}" for at in range(40)), manner=Manner.DIGEST)
    sections = (*rows(LONG, "𠮷"), proved, *digests)
    return replace(blank_of(world()), sections=sections)


@pytest.fixture(scope="module", params=["unsigned", "signed"])
def file(request: pytest.FixtureRequest, long: Certificate, signer: DocumentSigner) -> bytes:
    if request.param == "signed":
        return printed(long, signer)
    return printed(replace(long, signed=False))


def told(file: bytes, *words: str) -> str:
    """What Poppler says of a file: a reader that is not ours."""
    if shutil.which("pdfinfo") is None:
        pytest.skip("pdfinfo absent: apt install poppler-utils")
    done = subprocess.run(["pdfinfo", *words, "-"], input=file, capture_output=True, check=True)
    assert done.stderr == b""
    return done.stdout.decode()


def test_another_reader_finds_titles_tables_lists_and_both_languages(file: bytes) -> None:
    assert "Tagged:          yes" in told(file)
    tree = told(file, "-struct-text")
    lines = [line.strip().removesuffix(" (block)") for line in tree.splitlines()]
    title = lines.index("H1")
    assert lines[title + 1 : title + 4] == [
        '"存证证书"',
        "Span (inline)",
        '"CERTIFICATE OF EVIDENCE"',
    ]
    # The label of a row is a header of that row, with its English inside it.
    header = lines.index("TH:")
    assert lines[header + 1 : header + 5] == ["/Scope /Row", '"名称"', "Span (inline)", '"Name"']
    # A value that goes on over many lines is one paragraph.
    assert f'"{LONG}"' in lines
    assert lines[lines.index("LI") :][:3] == ["LI", "Lbl", '"✓"']
    assert lines.count("Figure:") == 1
    assert lines.count("Form") == int(b"/Type/Sig/" in file)
    # Numbers of pages and what stands on top of each are decoration.
    assert "Page 1 of" not in tree and tree.count("存证证书") == 1


def test_what_is_not_text_has_words() -> None:
    made = certificate(sections=(Section(Pair("证", "P"), (Note(Pair("是", "It is"), "✓"),)),))
    elements = laid_out(made).elements
    (figure,) = (each for each in elements if each.role is Role.FIGURE)
    assert made.link in figure.alt and "二维码" in figure.alt and "QR code" in figure.alt
    (label,) = (each for each in elements if each.role is Role.LABEL)
    assert label.alt == "已证明"
    alt = (b"\xfe\xff" + figure.alt.encode("utf-16-be")).hex().upper().encode()
    assert b"/Alt<" + alt + b">" in printed(made)


def test_only_what_is_decoration_is_not_read_out(long: Certificate) -> None:
    layout = laid_out(long)
    unread = {
        getattr(mark, "text", "")
        for page in layout.pages
        for run in page.runs()
        if run.element is None
        for mark in run.marks
    }
    count = len(layout.pages)
    feet = {f"第 {at} 页，共 {count} 页   Page {at} of {count}" for at in range(1, count + 1)}
    heads = {long.number, f"{long.title.zh}  {long.title.en}", ""}
    assert unread == feet | heads
    assert all(each.parent is None or each.parent < at for at, each in enumerate(layout.elements))


def test_every_piece_of_a_page_leads_to_its_element_and_back(file: bytes) -> None:
    root = PdfFileReader(io.BytesIO(file), strict=True).root
    tree = root["/StructTreeRoot"]
    numbers = list(tree["/ParentTree"]["/Nums"])
    found = {int(key): row for key, row in zip(numbers[::2], numbers[1::2], strict=True)}
    pieces = set(_pieces(tree["/K"][0], None))
    pages = root["/Pages"]["/Kids"]
    assert len(pieces) > 150 and len(pages) > 2
    for place in range(len(pages)):
        page = pages[place]
        row = found.pop(int(page["/StructParents"])).get_object()
        assert {piece for at, piece in pieces if at == place} == set(range(len(row)))
        assert page["/Tabs"] == "/S"
        assert page["/Contents"].data.count(b" BDC") == len(row)
    signed = "/AcroForm" in root
    assert len(found) == int(signed)
    if signed:
        field = root["/AcroForm"]["/Fields"][0]
        element = found[int(field["/StructParent"])].get_object()
        assert element["/S"] == "/Form" and "签发单位" in field["/TU"]


def _pieces(element: Any, page: int | None) -> Iterator[tuple[int | None, int]]:
    """Page and number of each piece under an element; the parents of all below it are checked."""
    if "/Pg" in element:
        own = element.raw_get("/Pg").reference
        pages = element["/Pg"]["/Parent"]["/Kids"]
        page = [each.reference for each in _raw(pages)].index(own)
    for kid in _raw(element["/K"]):
        if isinstance(kid, int):
            yield page, int(kid)
            continue
        value = kid.get_object()
        if value.get("/Type") == "/MCR":
            kids = [each.reference for each in _raw(value["/Pg"]["/Parent"]["/Kids"])]
            yield kids.index(value.raw_get("/Pg").reference), int(value["/MCID"])
        elif value.get("/Type") != "/OBJR":
            yield from _pieces(value, page)


def _raw(array: Any) -> list[Any]:
    return [array.raw_get(at) for at in range(len(array))]
