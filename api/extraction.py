"""How a use of an extraction code comes in over HTTP, and how its package goes out.

What routes and the page share. `api.court_codes` is what answers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, BinaryIO, Final, Protocol, TypeAlias

from fastapi import Depends, Request
from fastapi.responses import StreamingResponse

from api.court_code_rows import CodeRow
from ledger.carriers.court_zip import MEDIA_TYPE
from ledger.codes import Code
from ledger.core.strict_json import base64
from ledger.errors import LedgerError

TYPED_BYTES_MAX: Final = 1 << 10
"""Of a body with a code in it."""
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Extracted:
    """A package on its way to whoever typed its code."""

    row: CodeRow
    file: BinaryIO


class Extracts(Protocol):
    """Gives packages out."""

    async def extract(self, typed: str, address: str) -> Extracted:
        """The package of what somebody typed; raises as `api.court_codes`."""
        ...


def extracts_of(request: Request) -> Extracts:
    """What gives packages out on this node.

    Raises:
        LedgerError: `api.not_found` on a node that keeps none, such as an observer.
    """
    codes: Extracts | None = request.app.state.codes
    if codes is None:
        raise LedgerError(Code.API_NOT_FOUND, query=request.url.path, searched="codes 提取码")
    return codes


Extraction: TypeAlias = Annotated[Extracts, Depends(extracts_of)]


def sent(extracted: Extracted) -> StreamingResponse:
    """A package on its way; its name is made of its digest, and of nothing that anybody wrote."""
    row = extracted.row

    def pieces() -> Iterator[bytes]:
        with extracted.file as file:
            while piece := file.read(_CHUNK):
                yield piece

    name = row.package_sha256.hex()[:16]
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="evidence-{name}.zip"',
        "Content-Length": str(row.package_bytes),
        "Repr-Digest": f"sha-256=:{base64(row.package_sha256)}:",
    }
    return StreamingResponse(pieces(), media_type=MEDIA_TYPE, headers=headers)
