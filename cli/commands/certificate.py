"""`bidwitness certificate`: fetched, verified here, and written as PDF; and their status."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.commands.options import (
    AsOption,
    InboxOption,
    JsonFlag,
    NodeOption,
    TrustOption,
    WholeFlag,
)
from cli.commands.reading import asking, whom
from cli.documents import read_given, write_result
from cli.failures import CommandError, Exit
from cli.moments import moment
from cli.output import FAILED, HELD, Output, facts
from cli.words import language, say
from ledger.codes import Code
from ledger.core.certificate_number import certificate_number, parse_certificate_number
from ledger.core.identifiers import RecordId
from ledger.report_json import status_value
from ledger.verdict import VerifiedRecord
from ledger.words.moments import beijing_time

if TYPE_CHECKING:
    from api.client import CertificateStatus

_ID_DIGITS: Final = 64
_PDF: Final = ".pdf"

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
    whole: WholeFlag = False,
    inbox: InboxOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a record's certificate, after its receipt was verified here."""
    output = Output(as_json)
    with (
        asking(as_, node, trust, whole, inbox, record) as client,
        output.waiting(say("certificate.waiting")),
    ):
        fetched = client.fetched_certificate(_record_id(client, record))
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
    whole: WholeFlag = False,
    inbox: InboxOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what a record's certificate says, and how the record stands now."""
    from ledger.verify import verify_receipt

    with asking(as_, node, trust, whole, inbox, record) as client:
        root = client.trust
        record_id = _record_id(client, record)
        verdict = verify_receipt(client.receipt(record_id), root)
        stands = client.standing_now(record_id)
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


@app.command("status", help=say("help.certificate_status"))
def status(
    record: RecordArgument,
    at: Annotated[str | None, typer.Option("--at", help=say("help.certificate_at"))] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help=say("help.certificate_status_out"))
    ] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    as_json: JsonFlag = False,
) -> None:
    """Ask f + 1 nodes whether an address certificate is valid, and verify what they sign."""
    from api.client import Client

    urls, root, certificates = whom(as_, node, trust)
    at_ms = None if at is None else moment(at)
    with Client(urls, root, certificate_file=certificates) as client:
        record_id = _record_id(client, record)
        told = client.certificate_status(record_id, at_ms)
    for name, answer in told.answers.items() if out is not None else ():
        write_result(Path(out or "") / f"{name}.status-answer.json", answer.encode())
    enough = told.stated >= told.stated_needed
    lines = [_shown(name, told.lacks) for name in told.verdicts if told.kind]
    lines += [
        say("certificate.status_until", time=beijing_time(told.until_ms)) if told.until_ms else "",
        f"{FAILED if told.lacks else HELD} "
        + say(f"certificate.status_{_word(told)}", time=beijing_time(told.at_ms)),
        say("certificate.status_head", time=beijing_time(told.head_time_ms)),
        f"{HELD if enough else FAILED} "
        + say("seal.stated", found=told.stated, needed=told.stated_needed),
    ]
    document = {
        "record": record_id.hex(),
        "kind": told.kind,
        "valid": not told.lacks,
        "lacks": list(told.lacks),
        "at_ms": told.at_ms,
        "until_ms": told.until_ms,
        "rows": {name: status_value(each) for name, each in told.verdicts.items()},
    }
    Output(as_json).result(document, *(line for line in lines if line))
    if told.lacks:
        raise typer.Exit(Exit.REFUSED)


def _word(told: "CertificateStatus") -> str:
    if not told.kind:
        return "absent"
    return "invalid" if told.lacks else "valid"


def _shown(name: str, lacks: Collection[str]) -> str:
    """Whether a row of the certificate was in force: each fact can fail alone."""
    word = "ended" if name in lacks else "holds"
    return f"  {FAILED if name in lacks else HELD} " + say(f"certificate.{name}_{word}")


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
    """The record that an id, a certificate number or a certificate's file names.

    Raises:
        CommandError: `format.shape`, `file.unreadable`.
        LedgerError: `certificate_pdf.number`; `api.not_found` where nothing has that number.
    """
    if named.endswith(_PDF):
        return _verified_file(client, Path(named))
    if len(named) != _ID_DIGITS:
        parse_certificate_number(named, client.trust.genesis.domain)
        hits = client.search(named)["hits"]
        named = str(hits[0]["name"]) if hits else ""
    try:
        return RecordId(bytes.fromhex(named))
    except ValueError as problem:
        raise CommandError(Exit.USAGE, Code.FORMAT_SHAPE, what=named[:80]) from problem


def _verified_file(client: Any, path: Path) -> RecordId:
    """The record of a certificate that somebody handed in, once its receipt was verified.

    Raises:
        CommandError: `file.unreadable`.
        LedgerError: the certificate does not hold.
    """
    from ledger.carriers.pdf_attachment import PDF_BYTES_MAX
    from ledger.certificate_pdfs import decode_certificate_pdf, verify_certificate

    data = read_given(path, PDF_BYTES_MAX)
    return verify_certificate(decode_certificate_pdf(data), client.trust).record_id
