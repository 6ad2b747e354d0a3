"""`bidwitness seal`: a status, a stamped document checked, a seal's file judged, a batch."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.markup import escape

from cli import stamping
from cli.commands.options import (
    WAIT_DEFAULT_S,
    AsOption,
    JsonFlag,
    NodeOption,
    TrustOption,
    WaitOption,
    open_desk,
)
from cli.commands.reading import whom
from cli.documents import hash_document, read_given, write_result
from cli.failures import Exit
from cli.moments import moment
from cli.output import FAILED, HELD, Output
from cli.words import language, say
from ledger.core.batch import PROOF_BYTES_MAX, BatchProof, DocumentDigest, decode_batch_proof
from ledger.report import told_as
from ledger.report_json import status_value
from ledger.status_answers import Standing, StatusVerdict
from ledger.terminal import printable
from ledger.words.moments import beijing_time

if TYPE_CHECKING:
    from api.client.stamps import Checked, Line

_SIGNS: Final = {"yes": HELD, "no": FAILED, "unknown": "[bold yellow]?[/]"}

app = typer.Typer(no_args_is_help=True, help=say("help.seal"))


def register(main: typer.Typer) -> None:
    """Add these commands to `main`."""
    app.command("status", help=say("help.seal_status"))(status)
    app.command("check", help=say("help.seal_check"))(check)
    app.command("verify", help=say("help.seal_verify"))(verify)
    app.command("batch", help=say("help.seal_batch"))(batch)
    main.add_typer(app, name="seal")


def status(
    seal: Annotated[str, typer.Argument(help=say("help.seal_id"))],
    at: Annotated[str | None, typer.Option("--at", help=say("help.seal_at"))] = None,
    out: Annotated[Path | None, typer.Option("--out", help=say("help.seal_status_out"))] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    as_json: JsonFlag = False,
) -> None:
    """Ask f + 1 nodes for the status of a seal, and verify what they sign."""
    from api.client import Client
    from api.client.seals import seal_row

    urls, root, certificates = whom(as_, node, trust)
    at_ms = None if at is None else moment(at)
    with Client(urls, root, certificate_file=certificates) as client:
        answer, verified = client.status_answer(seal_row(seal), at_ms)
    told = verified.verdict
    if out is not None:
        write_result(out, answer.encode())
    enough = len(told.stated) >= told.stated_needed
    lines = [
        _status_line(seal, told),
        say("seal.head", time=beijing_time(told.head_time_ms), height=told.height),
        f"{HELD if enough else FAILED} "
        + say("seal.stated", found=len(told.stated), needed=told.stated_needed),
    ]
    lines += [f"   {name}: {beijing_time(said_ms)}" for name, said_ms in told.stated]
    Output(as_json).result({"seal": seal, **status_value(told)}, *lines)


def check(
    file: Annotated[Path, typer.Argument(help=say("help.seal_check_file"))],
    proof: Annotated[
        Path | None, typer.Option("--batch-proof", help=say("help.seal_check_proof"))
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help=say("help.seal_check_out"))] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    as_json: JsonFlag = False,
) -> None:
    """Say of a stamped document everything that the ledger can prove about it."""
    from api.client import Client
    from api.client.stamps import check_stamped

    hashed = hash_document(file)
    document = DocumentDigest(hashed.sha256, hashed.size_bytes, hashed.sm3)
    beside = proof or stamping.proof_beside(file)
    urls, root, certificates = whom(as_, node, trust)
    with Client(urls, root, certificate_file=certificates) as client:
        found = check_stamped(client, document, None if beside is None else _proof(beside))
    kept = [] if out is None else stamping.keep_proofs(out, file, found)
    lines = [escape(printable(f"{file.name}  SHA-256 {document.sha256.hex()}"))]
    for each in found:
        lines += [_line(line) for line in each.lines]
        lines.append(say("stamp.stands" if each.stands else "stamp.falls"))
    lines += [escape(printable(str(path))) for path in kept]
    document_json: dict[str, Any] = {
        "file": str(file),
        "sha256": document.sha256.hex(),
        "stamps": [_value(each) for each in found],
        "proofs": [str(path) for path in kept],
    }
    Output(as_json).result(document_json, *lines)
    if not any(each.stands for each in found):
        raise typer.Exit(Exit.REFUSED)


def verify(
    file: Annotated[Path, typer.Argument(help=say("help.seal_verify_file"))],
    authority: Annotated[
        list[Path] | None, typer.Option("--authority", help=say("help.seal_authority"))
    ] = None,
    signer: Annotated[Path | None, typer.Option("--signer", help=say("help.seal_signer"))] = None,
    document: Annotated[
        Path | None, typer.Option("--document", help=say("help.seal_document"))
    ] = None,
    at: Annotated[str | None, typer.Option("--at", help=say("help.seal_verify_at"))] = None,
    as_json: JsonFlag = False,
) -> None:
    """Judge the file of a seal, or of a stamp, by its standard and without any node."""
    from cli import eseals

    given = eseals.Given(
        file=file,
        authorities=tuple(authority or ()),
        signer=signer,
        document=document,
        at_ms=None if at is None else moment(at),
    )
    told = eseals.judged(given, _now_ms())
    Output(as_json).result(told.value(), *told.lines())
    if told.falls:
        raise typer.Exit(Exit.REFUSED)


def batch(
    seal: Annotated[str, typer.Argument(help=say("help.seal_id"))],
    files: Annotated[list[Path], typer.Argument(help=say("help.seal_batch_files"))],
    permission: Annotated[str, typer.Option("--permission", help=say("help.seal_permission"))],
    scope: Annotated[str, typer.Option("--scope", help=say("help.seal_scope"))],
    system: Annotated[str, typer.Option("--system", help=say("help.seal_system"))],
    proofs: Annotated[Path | None, typer.Option("--proofs", help=say("help.seal_proofs"))] = None,
    listing: Annotated[bool, typer.Option("--listing", help=say("help.seal_listing"))] = False,
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """Stamp any number of documents by one record, and write a proof for each."""
    output = Output(as_json)
    with output.progress() as bars:
        documents = stamping.documents_in(files, bars, listing=listing)
        with open_desk(as_, node, wait) as desk:
            answer = desk.client.seal_status(seal)
            terms = stamping.Terms(seal, permission, scope, system, answer.fields())
            written = stamping.batch_use(desk.member_id, terms, documents, _now_ms())
            (kept,) = desk.submit([written])
        written_to = stamping.write_proofs(documents, kept.receipt, proofs, bars)
    record = kept.receipt.record_id.hex()
    facts = {"record": record, "count": len(documents), "proofs": written_to, "seal": seal}
    output.result(facts, say("seal.batched", count=len(documents), seal=seal, record=record))


def _status_line(seal: str, told: StatusVerdict) -> str:
    """What a seal's spell says, in one sentence."""
    said = [each for each in told.value if isinstance(each, str)]
    began = None if told.interval is None else told.interval.from_time_ms
    facts: dict[str, str | int] = {
        "seal": seal,
        "time": beijing_time(told.at_ms),
        "since": "–" if began is None else beijing_time(began),
        "owner": said[2] if len(said) > 2 else "–",
    }
    word = said[1] if told.standing is Standing.IN_FORCE and len(said) > 1 else told.standing
    known = word in {"valid", "suspended", "revoked", Standing.ABSENT, Standing.NOT_IN_FORCE}
    return escape(printable(say(f"seal.is_{word}" if known else "seal.is_absent", **facts)))


def _line(line: "Line") -> str:
    """A line for people: a sign, the question, the answer."""
    facts = {name: _shown(name, value) for name, value in line.facts.items()}
    asked, told = say(f"stamp.{line.about}"), say(f"stamp.{line.about}.{line.why}", **facts)
    return f"  {_SIGNS[line.holds]} {escape(told_as(asked, printable(told), language()))}"


def _shown(name: str, value: str | int) -> str | int:
    return beijing_time(value) if name == "time" and isinstance(value, int) else value


def _value(checked: "Checked") -> dict[str, Any]:
    """A use for machines."""
    return {
        "stands": checked.stands,
        "lines": [
            {
                "about": line.about.value,
                "holds": line.holds.value,
                "why": line.why,
                "facts": dict(line.facts),
                "proofs": list(line.proofs),
            }
            for line in checked.lines
        ],
    }


def _proof(path: Path) -> BatchProof:
    return decode_batch_proof(read_given(path, PROOF_BYTES_MAX))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
