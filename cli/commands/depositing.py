"""`bidwitness openings`: deposit openings for supervisors under encryption, and collect them."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from api.client import Client
from api.client.writing import WrittenRecord, new_nonce
from cli.anchoring import OPENINGS_SUFFIX
from cli.commands.options import (
    WAIT_DEFAULT_S,
    AsOption,
    JsonFlag,
    NodeOption,
    WaitOption,
    client_from,
    open_desk,
)
from cli.deposit_store import Stored, is_url, on_node, put, stored
from cli.depositing import Collected, Collector, deposit_openings, keep, recipients
from cli.desk import Desk
from cli.failures import CommandError, Exit
from cli.keyfiles import Cost, new_encryption_key, open_encryption_key, read_key_file
from cli.output import FAILED, HELD, Output
from cli.settings import ClientSettings
from cli.signers.passphrase import passphrase
from cli.traced import Held, read_openings
from cli.under_seal import check_opened
from cli.words import language, say
from ledger.codes import Code
from ledger.core.identifiers import MemberId, RecordId, Subject
from ledger.core.record import Record
from ledger.errors import FormatError
from ledger.report import problem_sentence
from ledger.terminal import printable

_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_app, name="openings", help=say("help.openings"))


@_app.command("enrol", help=say("help.openings_enrol"))
def enrol(
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    cost: Annotated[Cost, typer.Option(help=say("help.keys_cost"))] = Cost.MODERATE,
    as_json: JsonFlag = False,
) -> None:
    """Make an encryption key where there is none, and enrol it on the ledger."""
    from api.client.calls.enciphering import BOUND

    settings = client_from(as_, node)
    path = settings.encryption_key_file
    if not path.exists():
        new_encryption_key(path, passphrase(str(path), settings.passphrase_file), cost)
    key = read_key_file(path).public_key
    with open_desk(as_, node, wait) as desk:
        (kept,) = desk.submit([WrittenRecord(_binding(desk.member_id, BOUND, key), ())])
    record = kept.receipt.record_id.hex()
    document = {"record": record, "encryption_key": key.hex(), "key_file": str(path)}
    told = say("openings.enrolled", path=str(path), public=key.hex(), record=record)
    Output(as_json).result(document, f"{HELD} {escape(told)}")


@_app.command("deposit", help=say("help.openings_deposit"))
def deposit(
    files: Annotated[list[Path], typer.Argument(help=say("help.openings_files"))],
    into: Annotated[str, typer.Option("--into", help=say("help.openings_into"))],
    to: Annotated[list[str] | None, typer.Option("--to", help=say("help.openings_to"))] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """Encrypt openings for the member itself and for supervisors, and keep them by digest."""
    output, held = Output(as_json), read_openings(files)
    if not held:
        raise CommandError(Exit.USAGE, Code.FORMAT_SHAPE, what=f"*{OPENINGS_SUFFIX}")
    for each in held:
        check_opened(each.path)
    rows: list[dict[str, object]] = []
    with open_desk(as_, node, wait) as desk:
        whom = recipients(desk.client, desk.member_id, to or [])
        for each in held:
            made = deposit_openings(desk, each.openings, whom)
            rows.append(_row(each, _put(desk, into, made.encode())))
    names = ", ".join(each.member_id for each in whom)
    lines = [
        f"{HELD} {escape(say('openings.deposited', path=str(row['deposit']), names=names))}"
        for row in rows
    ]
    output.result({"recipients": [each.member_id for each in whom], "deposits": rows}, *lines)


@_app.command("collect", help=say("help.openings_collect"))
def collect(
    places: Annotated[list[str], typer.Argument(help=say("help.openings_places"))],
    out: Annotated[Path, typer.Option("--out", help=say("help.openings_out"))],
    record: Annotated[str, typer.Option("--record", help=say("help.openings_record"))] = "",
    key: Annotated[list[Path] | None, typer.Option("--key", help=say("help.openings_key"))] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Open the deposits that are meant for a member, and name those that do not hold."""
    from cli.commands.reading import whom

    settings = client_from(as_, node)
    secrets = _secrets(settings, key or [])
    urls, root, certificates = whom(as_, node, settings.trust_file)
    only = _record_id(record)
    found: list[Collected] = []
    kept: list[Path | None] = []
    with ExitStack() as stack:
        client = stack.enter_context(Client(urls, root, certificate_file=certificates))
        collector = Collector(client, settings.member_id, secrets)
        for place in places:
            lying = _on_node(stack, settings, place) if is_url(place) else stored(Path(place))
            for each in collector.collect(lying, only):
                found.append(each)
                kept.append(keep(out, each))
    refused = [each for each in found if each.problem is not None and not each.is_for_others]
    Output(as_json).result(_document(found, kept), *_lines(found, kept))
    if refused:
        raise typer.Exit(Exit.REFUSED)


def _put(desk: Desk, into: str, data: bytes) -> str:
    """Keep a deposit; returns where it lies."""
    if not is_url(into):
        return str(put(Path(into), data))
    with Client([into], desk.trust, certificate_file=desk.certificate_file) as client:
        digest = client.put_deposit(data)
    return f"{into.rstrip('/')}/v1/deposits/{digest}"


def _on_node(
    stack: ExitStack, settings: ClientSettings, url: str
) -> Iterator[Stored | tuple[Path, FormatError]]:
    """The deposits of one node, asked for under the member's key."""
    desk = stack.enter_context(Desk.open(settings))
    client = Client([url], desk.trust, certificate_file=settings.certificate_file)
    return on_node(stack.enter_context(client), desk.member_id, desk.signer)


def _binding(member: MemberId, type_key: str, key: bytes) -> Record:
    return Record(
        type=type_key,
        issuer=member,
        subject=Subject(member),
        occurred_at_ms=time.time_ns() // 1_000_000,
        evidence=(),
        fields={"encryption_key": key},
        private=None,
        refs=(),
        nonce=new_nonce(),
    )


def _row(held: Held, path: str) -> dict[str, object]:
    return {
        "openings": str(held.path),
        "record_id": held.openings.record_id.hex(),
        "fields": [each.name for each in held.openings.openings],
        "deposit": path,
    }


def _secrets(settings: ClientSettings, more: Sequence[Path]) -> list[bytes]:
    """The member's encryption keys: the one of its settings, and older ones that were named."""
    paths = [*([settings.encryption_key_file] if not more else []), *more]
    return [
        open_encryption_key(path, passphrase(str(path), settings.passphrase_file)) for path in paths
    ]


def _record_id(record: str) -> RecordId | None:
    if not record:
        return None
    try:
        return RecordId(bytes.fromhex(record))
    except ValueError as problem:
        raise CommandError(Exit.USAGE, Code.FORMAT_SHAPE, what=record[:80]) from problem


def _lines(found: Sequence[Collected], kept: Sequence[Path | None]) -> list[str]:
    lines: list[str] = []
    for each, path in zip(found, kept, strict=True):
        if each.opened is not None:
            names = ", ".join(opening.name for opening in each.opened.openings)
            where = str(path) if path is not None else say("openings.already")
            facts = {"record": each.opened.record_id.hex(), "names": names, "path": where}
            lines.append(f"{HELD} {escape(printable(say('openings.collected', **facts)))}")
        elif each.problem is not None and not each.is_for_others:
            told = problem_sentence(each.problem, language())
            lines.append(f"{FAILED} {escape(printable(str(each.path)))}: {escape(told)}")
            if each.by_author:
                lines.append(f"  {escape(say('openings.by_author'))}")
    others = sum(1 for each in found if each.is_for_others)
    return [*lines, escape(say("openings.others", count=others))]


def _document(found: Sequence[Collected], kept: Sequence[Path | None]) -> dict[str, object]:
    rows: list[dict[str, object]] = []
    for each, path in zip(found, kept, strict=True):
        header = None if each.deposit is None else each.deposit.header
        problem = each.problem
        rows.append(
            {
                "deposit": str(each.path),
                "record_id": None if header is None else header.record_id.hex(),
                "issuer": None if header is None else header.issuer,
                "fields": [] if header is None else list(header.names),
                "recipients": []
                if header is None
                else [recipient.member_id for recipient in header.recipients],
                "opened": each.opened is not None,
                "openings": None if path is None else str(path),
                "by_author": each.by_author,
                "code": None if problem is None else problem.code.value,
                "sentence": None if problem is None else problem_sentence(problem, language()),
            }
        )
    return {"deposits": rows}
