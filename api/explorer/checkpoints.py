"""``/checkpoints``: the newest signed head of the log, and any cosigned one before it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.access import Service
from api.explorer.language import language_of
from api.explorer.names import Names
from api.explorer.rendering import page
from api.service import LedgerService
from ledger.codes import Code
from ledger.core.checkpoint import cosigner_keys, parse_checkpoint
from ledger.core.identifiers import Height
from ledger.core.note import Note, known_lines, parse_note
from ledger.errors import StoreError

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Line:
    """One signature of a note."""

    name: str
    kind: str
    """``node`` of the committee, ``log`` or ``outside``."""
    organisation: str
    time_ms: int | None


@router.get("/checkpoints")
async def newest(request: Request, service: Service) -> Response:
    """The head that this node shows to everybody.

    Raises:
        StoreError: `checkpoint.none` before the first.
    """
    note = parse_note(service.published.note())
    return _shown(request, service, note, note.format(), "/checkpoint")


@router.get("/checkpoints/{height}")
async def at(
    request: Request, service: Service, height: Annotated[int, Path(ge=1, le=1 << 62)]
) -> Response:
    """The first cosigned head at or above a block.

    Raises:
        StoreError: `checkpoint.none`.
    """
    found = service.chain.heads.head_for(Height(height))
    if found is None:
        raise StoreError(Code.CHECKPOINT_NONE)
    return _shown(request, service, parse_note(found[1]), found[1], "")


def _shown(request: Request, service: LedgerService, note: Note, data: bytes, raw: str) -> Response:
    names, chain = Names(service, language_of(request)), service.chain
    checkpoint = parse_checkpoint(note.text)
    height = chain.blocks.height_of_size(checkpoint.size)
    values = {
        "checkpoint": checkpoint,
        "root": checkpoint.root.hex(),
        "height": height,
        "note": data.decode().splitlines(),
        "raw": raw,
        "lines": _lines(service, note, checkpoint.size, names),
        "n": chain.committee.n,
        "q": chain.committee.q,
    }
    return page(request, "checkpoint.html", values)


def _lines(service: LedgerService, note: Note, size: int, names: Names) -> list[Line]:
    """Every signature line; of cosignatures that hold with the time that they say."""
    chain = service.chain
    nodes = {
        key: node for node, key in cosigner_keys(chain.origin, chain.epochs.at_size(size)).items()
    }
    times = {each.key.name: each.time_s for each in known_lines(note, nodes)}
    by_name = {key.name: node for key, node in nodes.items()}
    rows = []
    for line in note.signatures:
        node, time_s = by_name.get(line.name), times.get(line.name)
        kind = "log" if line.name == chain.origin else "outside" if node is None else "node"
        organisation = "" if node is None else names.node(node)
        time_ms = None if time_s is None else time_s * 1000
        rows.append(Line(line.name, kind, organisation, time_ms))
    return rows
