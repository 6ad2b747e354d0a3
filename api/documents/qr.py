"""The QR as squares: drawn as vectors, so that a printer of any kind keeps its edges."""

from collections.abc import Iterator

import segno

from api.documents.sheet import Frame


def squares(text: str, x: float, y: float, side: float) -> Iterator[Frame]:
    """The dark cells of the QR of `text`, in runs, without the quiet zone around it.

    Args:
        text: what it says.
        x: of the lower left corner.
        y: of the lower left corner.
        side: of the whole, in points.
    """
    matrix = segno.make(text, error="m", micro=False, boost_error=False).matrix
    cell = side / len(matrix)
    for line, cells in enumerate(matrix):
        start = None
        for place, dark in enumerate([*cells, 0]):
            if dark and start is None:
                start = place
            elif not dark and start is not None:
                left, wide = x + start * cell, (place - start) * cell
                yield Frame(left, y + side - (line + 1) * cell, wide, cell)
                start = None
