"""Draws the marks of pages with reportlab; the same marks give the same bytes.

Marks of an element stand between operators that name its role and number its pieces of a page from
0; `api.documents.tagging` makes the tree that refers to these.
"""

import io
from typing import Final

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from api.documents.lettering import Face, load_fonts
from api.documents.sheet import HEIGHT, WIDTH, Frame, Layout, Mark, Rule, Words

_BOLD: Final = 0.028
"""Of the size: how thick the outline is that makes letters bold. One weight is enough to ship."""
_FILL_AND_STROKE: Final = 2


rl_config.useA85 = 0
"""Pages are compressed and not spelled in ASCII: a fifth smaller."""


def drawn(layout: Layout) -> bytes:
    """The pages as reportlab writes them: no metadata of ours, no attachment, no signature."""
    load_fonts()
    buffer = io.BytesIO()
    canvas = Canvas(
        buffer,
        pagesize=(WIDTH, HEIGHT),
        invariant=1,
        pageCompression=1,
        pdfVersion=(1, 7),
        initialFontName=Face.TEXT.value,
    )
    for page in layout.pages:
        piece = 0
        for run in page.runs():
            if run.element is None:
                canvas.addLiteral("/Artifact BMC")
            else:
                role = layout.elements[run.element].role
                canvas.addLiteral(f"/{role} <</MCID {piece}>> BDC")
                piece += 1
            for mark in run.marks:
                _draw(canvas, mark)
            canvas.addLiteral("EMC")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw(canvas: Canvas, mark: Mark) -> None:
    match mark:
        case Words():
            _write(canvas, mark)
        case Rule():
            canvas.setStrokeGray(0)
            canvas.setLineWidth(mark.thickness)
            canvas.line(mark.x, mark.y, mark.x_end, mark.y_end)
        case Frame():
            canvas.setStrokeGray(0)
            canvas.setFillGray(0)
            canvas.setLineWidth(mark.thickness)
            lined = mark.thickness > 0
            canvas.rect(
                mark.x, mark.y, mark.width, mark.height, stroke=int(lined), fill=int(not lined)
            )


def _write(canvas: Canvas, mark: Words) -> None:
    canvas.saveState()
    canvas.setFillGray(0)
    canvas.setStrokeGray(0)
    canvas.setLineWidth(mark.size * _BOLD)
    text = canvas.beginText(mark.x, mark.y)
    text.setFont(mark.face.value, mark.size)
    if mark.spacing:
        text.setCharSpace(mark.spacing)
    if mark.bold:
        text.setTextRenderMode(_FILL_AND_STROKE)
    text.textOut(mark.text)
    canvas.drawText(text)
    canvas.restoreState()
