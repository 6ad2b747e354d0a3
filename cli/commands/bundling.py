"""`bidwitness bundle`: an evidence package for a court, with a page that says how to verify it."""

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.markup import escape

from cli.commands.options import (
    AsOption,
    InboxOption,
    JsonFlag,
    NodeOption,
    TrustOption,
    WholeFlag,
)
from cli.commands.reading import asking
from cli.documents import unreadable
from cli.output import HELD, Output
from cli.words import say
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.errors import InvariantBroken, StoreError
from ledger.evidence import read_evidence
from ledger.judging import judge
from ledger.reliance import Reliance
from ledger.terminal import printable
from ledger.trust import TrustRoot

if TYPE_CHECKING:
    from api.documents.court_bundle import Contents

_RECORD: Final = re.compile(r"[0-9a-f]{64}")
_NOT_NAME: Final = re.compile(r"[^\w-]+")
_NAME_MAX: Final = 60


def register(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("bundle", help=say("help.bundle"))(bundle)


def bundle(
    about: Annotated[str, typer.Argument(help=say("help.bundle_about"))],
    out: Annotated[Path | None, typer.Option("--out", help=say("help.bundle_out"))] = None,
    with_: Annotated[
        list[Path] | None, typer.Option("--with", help=say("help.bundle_with"))
    ] = None,
    certificates: Annotated[
        bool, typer.Option("--certificates", help=say("help.bundle_certificates"))
    ] = False,
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    whole: WholeFlag = False,
    inbox: InboxOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Fetch and verify what proves a subject's records, pack it, and verify the package."""
    from cli.bundling import Gathered, contents_of, gather, records_about, take_in

    output, gathered = Output(as_json), Gathered()
    path = Path(f"{_name(about)}.zip") if out is None else out
    if path.exists():
        raise StoreError(Code.FILE_EXISTS, path=str(path))
    with asking(as_, node, trust, whole, inbox, about) as client:
        single = _RECORD.fullmatch(about)
        wanted = [RecordId(bytes.fromhex(about))] if single else records_about(client, about)
        with output.progress() as bars:
            bar = bars.add_task(say("bundle.gathering"), total=len(wanted))
            gather(client, wanted, gathered, lambda: bars.advance(bar), certificates=certificates)
        try:
            take_in(client, with_ or (), gathered)
        except OSError as problem:
            raise unreadable(Path(problem.filename or "."), problem) from problem
        made_at_ms = time.time_ns() // 1_000_000
        contents = contents_of(client, gathered, about, made_at_ms, _types())
    size = _pack(contents, path, output)
    _check(path, client.trust)
    told = {"path": str(path), "records": len(gathered.receipts), "size_bytes": size}
    told |= {"originals": len(gathered.originals)}
    kept = say("bundle.kept", path=str(path), records=len(gathered.receipts))
    output.result(told, f"{HELD} {escape(printable(kept))}", escape(say("bundle.next")))


def _pack(contents: "Contents", path: Path, output: Output) -> int:
    """Write the package under another name first; what is half written is never taken for one."""
    from api.documents.court_bundle import bundle_parts, bundle_size, written

    parts = bundle_parts(contents)
    size = bundle_size(parts)
    half = path.with_name(f"{path.name}.part")
    try:
        with half.open("xb") as file, output.progress() as bars:
            bar = bars.add_task(say("bundle.packing"), total=size)
            for piece in written(parts, lambda done, _: bars.update(bar, completed=done)):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError as problem:
        reason = str(problem.strerror)
        raise StoreError(Code.FILE_UNWRITABLE, path=str(half), reason=reason) from problem
    return size


def _check(path: Path, root: TrustRoot) -> None:
    """Verify the package as its readers will: what they would refuse must not leave this place."""
    evidence = read_evidence([path])
    for each in judge(evidence.presented, Reliance((root,)), evidence.documents):
        if each.problem is not None:
            path.unlink()
            raise each.problem
    if not evidence.presented:
        raise InvariantBroken("an empty package was packed")


def _name(about: str) -> str:
    """A file's name for whatever was asked for."""
    return _NOT_NAME.sub("-", about).strip("-")[:_NAME_MAX] or "package"


def _types() -> Mapping[str, Any]:
    from contracts.catalogue import load_catalogue

    return load_catalogue().types
