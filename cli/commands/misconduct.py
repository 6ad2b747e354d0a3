"""`bidwitness misconduct`: evidence against keys of the committee, from two heads to the ledger."""

import time
from pathlib import Path
from typing import Annotated

import typer

from api.client.epochs import followed
from api.client.log import NodeLog
from api.client.nodes import Nodes
from cli import anchoring
from cli.commands.options import (
    WAIT_DEFAULT_S,
    AsOption,
    JsonFlag,
    NodeOption,
    TrustOption,
    WaitOption,
    open_desk,
)
from cli.documents import read_given, unreadable
from cli.failures import CommandError, Exit
from cli.misconduct import record_of, sentence_of, write_evidence
from cli.output import HELD, Output, facts
from cli.words import say
from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint
from ledger.core.epoch_link import EpochLink
from ledger.core.epochs_file import EPOCHS_BYTES_MAX, decode_epochs_file
from ledger.core.misconduct import Grown
from ledger.core.misconduct_file import (
    MISCONDUCT_BYTES_MAX,
    MisconductFile,
    decode_misconduct_file,
)
from ledger.core.note import NOTE_BYTES_MAX, Note, parse_note
from ledger.core.receipt import RECEIPT_BYTES_MAX, decode_receipt
from ledger.culprit import verify_misconduct
from ledger.epoch_links import led
from ledger.errors import FormatError, LedgerError
from ledger.forked_heads import faults_of
from ledger.reliance import read_trust
from ledger.trust import TrustRoot, trust_root


def register(app: typer.Typer) -> None:
    """Add this group to `app`."""
    group = typer.Typer(help=say("help.misconduct"), no_args_is_help=True)
    group.command("compare", help=say("help.misconduct_compare"))(compare)
    group.command("submit", help=say("help.misconduct_submit"))(submit)
    app.add_typer(group, name="misconduct")


def compare(
    one: Annotated[Path, typer.Argument(help=say("help.misconduct_note"))],
    other: Annotated[Path, typer.Argument(help=say("help.misconduct_note"))],
    trust: TrustOption = Path("trust.json"),
    node: NodeOption = None,
    out: Annotated[Path, typer.Option("--out", help=say("help.misconduct_out"))] = Path(),
    epochs: Annotated[
        Path | None, typer.Option("--epochs", help=say("help.misconduct_epochs"))
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Find every key that signed both of two heads which no one log can have had."""
    root = _trust(trust)
    links = _links(epochs, node, root)
    root = led(root, links)
    notes = [_note(path) for path in (one, other)]

    def how(small: Checkpoint, large: Checkpoint) -> Grown:
        if node is None:
            raise CommandError(Exit.USAGE, Code.OPTIONS_TARGET, options="--node")
        nodes = Nodes([node])
        try:
            return Grown(*NodeLog(nodes).growth(small.size, large.size))
        finally:
            nodes.close()

    found = faults_of(notes[0], notes[1], root, how)
    files = [MisconductFile(fault, links[: fault.epoch]) for fault in found]
    paths = [write_evidence(out, file) for file in files]
    Output(as_json).result(
        {"evidence": [_told(file, path) for file, path in zip(files, paths, strict=True)]},
        *(
            f"{HELD} {sentence_of(file, root)}: {path}"
            for file, path in zip(files, paths, strict=True)
        ),
        say("misconduct.next"),
    )


def submit(
    file: Annotated[Path, typer.Argument(help=say("help.misconduct_file"))],
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """Put evidence on the ledger, in the name of the member that answers for bringing it."""
    output = Output(as_json)
    held = _evidence(file)
    with open_desk(as_, node, wait) as desk:
        trust = desk.client.follow()
        culprit = verify_misconduct(held, trust)
        written = record_of(held.fault, culprit.member_id, desk.member_id, _now_ms())
        with output.waiting(say("submit.waiting", count=1)):
            (kept,) = desk.submit([written])
        told = sentence_of(held, trust)
    path = anchoring.write_receipt(file.with_suffix(""), kept)
    rows = [
        (say("kept.record"), kept.receipt.record_id.hex()),
        (say("kept.height"), str(kept.height)),
        (say("kept.file"), str(path)),
    ]
    record = kept.receipt.record_id.hex()
    output.result(
        {"record": record, "height": kept.height, "receipt": str(path)}, facts(told, rows)
    )


def _told(file: MisconductFile, path: Path) -> dict[str, object]:
    return {"node": file.fault.node, "kind": file.fault.kind.value, "file": str(path)}


def _trust(path: Path) -> TrustRoot:
    try:
        return read_trust(path)
    except OSError as problem:
        raise unreadable(path, problem) from problem


def _links(path: Path | None, node: str | None, root: TrustRoot) -> tuple[EpochLink, ...]:
    """Links from the genesis's committee on: whoever reads the evidence may know no other.

    Out of a receipt of a later epoch or a file of links; else from the node that is asked.
    """
    if path is not None:
        data = read_given(path, max(RECEIPT_BYTES_MAX, EPOCHS_BYTES_MAX))
        try:
            return decode_epochs_file(data).links
        except FormatError:
            return decode_receipt(data).epochs
    if node is None:
        return ()
    nodes = Nodes([node])
    try:
        return followed(nodes, trust_root(root.genesis)).links
    finally:
        nodes.close()


def _note(path: Path) -> Note:
    return parse_note(read_given(path, NOTE_BYTES_MAX))


def _evidence(path: Path) -> MisconductFile:
    data = read_given(path, MISCONDUCT_BYTES_MAX)
    try:
        return decode_misconduct_file(data)
    except LedgerError as problem:
        reason = f"bidwitness.misconduct: {problem.code}"
        raise CommandError(
            Exit.USAGE, Code.FILE_INVALID, path=str(path), reason=reason
        ) from problem


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
