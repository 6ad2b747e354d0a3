"""A list of the desk as a page, as JSON or as a table for a spreadsheet: the same rows in each."""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from fastapi import Response
from fastapi.responses import JSONResponse

from api.explorer.words import say
from api.forms import Json
from api.queries.table import BOM, MORE, line_of

Form: TypeAlias = Literal["html", "json", "csv"]
ROWS_MAX: Final = 500
"""Rows of a list that is taken away; the page shows fewer."""
_KEPT: Final = {"Cache-Control": "no-store"}


def as_json(name: str, body: dict[str, Json]) -> Response:
    """A file of JSON."""
    return JSONResponse(body, headers=_KEPT | _attached(f"{name}.json"))


def as_table(
    name: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    language: str,
    cursor: str | int | None,
) -> Response:
    """A file of CSV.

    Args:
        name: of the file, without its ending.
        columns: keys of the headings in the table ``desk`` of the pages' words.
        rows: cells, one for each column.
        language: of the headings.
        cursor: of the next page, said in a last line; None at the end.
    """
    lines = [BOM + line_of(say(language, f"desk.{each}") for each in columns)]
    lines += [line_of(each) for each in rows]
    if cursor is not None:
        lines.append(line_of([MORE, *[""] * (len(columns) - 2), str(cursor)]))
    headers = _KEPT | _attached(f"{name}.csv")
    return Response("".join(lines), headers=headers, media_type="text/csv; charset=utf-8")


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
