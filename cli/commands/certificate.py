"""`bidwitness certificate`: certificates fetched, verified here, and written as PDF."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.commands.options import AsOption, JsonFlag, NodeOption, TrustOption
from cli.commands.reading import whom
from cli.documents import write_result
from cli.failures import CommandError, Exit
from cli.output import HELD, Output, facts
from cli.words import language, say
from ledger.codes import Code
from ledger.core.certificate_number import certificate_number, parse_certificate_number
from ledger.core.identifiers import RecordId
from ledger.verdict import VerifiedRecord
from ledger.words.moments import beijing_time

_ID_DIGITS: Final = 64

app = typer.Typer(help=say("help.certificate"), no_args_is_help=True)

RecordArgument = Annotated[str, typer.Argument(help=say("help.certificate_record"))]


def register(main: typer.Typer) -> None:
    """Add this group to `main`."""
    main.add_typer(app, name="certificate")


@app.command("print", help=say("help.certificate_print"))
def print_(
    record: RecordArgument,
    out: Annotated[Path | None, typer.Option("--out", help=say("help.certificate_out"))] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    as_json: JsonFlag = False,
) -> None:
    """Write a record's certificate, after its receipt was verified here."""
    from api.client import Client, fetched_certificate

    urls, root, certificates = whom(as_, node, trust)
    output = Output(as_json)
    with (
        Client(urls, root, certificate_file=certificates) as client,
        output.waiting(say("certificate.waiting")),
    ):
        fetched = fetched_certificate(client, _record_id(client, record))
    path = Path(f"{fetched.number}.pdf") if out is None else out
    write_result(path, fetched.data)
    told = {"record": fetched.verdict.record_id.hex(), "number": fetched.number, "path": str(path)}
    output.result(told, f"{HELD} {say('certificate.kept', path=str(path), number=fetched.number)}")


@app.command("show", help=say("help.certificate_show"))
def show(
    record: RecordArgument,
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    as_json: JsonFlag = False,
) -> None:
    """Say what a record's certificate says, and how the record stands now."""
    from api.client import Client, standing_now
    from ledger.verify import verify_receipt

    urls, root, certificates = whom(as_, node, trust)
    with Client(urls, root, certificate_file=certificates) as client:
        record_id = _record_id(client, record)
        verdict = verify_receipt(client.receipt(record_id), root)
        stands = standing_now(client, record_id)
    number = certificate_number(root.genesis.domain, verdict.index)
    name = root.member_name(verdict.record.issuer, language())
    rows = [
        (say("certificate.number"), number),
        (say("certificate.standing"), say(f"certificate.stands_{stands}")),
        (say("certificate.record"), record_id.hex()),
        (say("certificate.type"), verdict.record.type),
        (say("certificate.subject"), verdict.record.subject),
        (say("certificate.issuer"), f"{name} ({verdict.record.issuer})"),
        (say("certificate.committed"), beijing_time(verdict.committed_at_ms)),
    ]
    Output(as_json).result(_value(number, stands, verdict), facts(number, rows))


def _value(number: str, stands: str, verdict: VerifiedRecord) -> dict[str, object]:
    return {
        "number": number,
        "stands": stands,
        "record": verdict.record_id.hex(),
        "type": verdict.record.type,
        "subject": verdict.record.subject,
        "issuer": verdict.record.issuer,
        "committed_at_ms": verdict.committed_at_ms,
    }


def _record_id(client: Any, named: str) -> RecordId:
    """The record that an id or a certificate number names.

    Raises:
        CommandError: `format.shape`.
        LedgerError: `certificate_pdf.number`; `api.not_found` where nothing has that number.
    """
    if len(named) != _ID_DIGITS:
        parse_certificate_number(named, client.trust.genesis.domain)
        hits = client.search(named)["hits"]
        named = str(hits[0]["name"]) if hits else ""
    try:
        return RecordId(bytes.fromhex(named))
    except ValueError as problem:
        raise CommandError(Exit.USAGE, Code.FORMAT_SHAPE, what=named[:80]) from problem
