"""Commands that ask: `receipt`, `status`, and `audit` of a stopped node's folder."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cli.commands.options import (
    AsOption,
    InboxOption,
    JsonFlag,
    NodeOption,
    TrustOption,
    WholeFlag,
    client_from,
)
from cli.documents import unreadable, write_result
from cli.failures import CommandError, Exit
from cli.output import FAILED, HELD, Output, facts, table
from cli.settings import stored_settings
from cli.words import language, say
from ledger.codes import Code
from ledger.core.identifiers import RecordId
from ledger.core.policy import Policy
from ledger.reliance import read_policy, read_trust
from ledger.terminal import printable
from ledger.trust import TrustRoot

if TYPE_CHECKING:
    from api.client import Client


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.command("receipt", help=say("help.receipt"))(receipt)
    app.command("status", help=say("help.status"))(status)
    app.command("audit", help=say("help.audit"))(audit)


def receipt(
    record: Annotated[str, typer.Argument(help=say("help.receipt_id"))],
    out: Annotated[Path | None, typer.Option("--out", help=say("help.out"))] = None,
    tlog_proof: Annotated[
        Path | None, typer.Option("--tlog-proof", help=say("help.receipt_tlog_proof"))
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", help=say("help.receipt_policy"))
    ] = None,
    with_time: Annotated[
        bool, typer.Option("--with-time", help=say("help.receipt_with_time"))
    ] = False,
    wait: Annotated[float, typer.Option("--wait", min=0, help=say("help.receipt_wait"))] = 0,
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    whole: WholeFlag = False,
    inbox: InboxOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Fetch a record's receipt, verified before it is written; a policy may demand more of it."""
    try:
        record_id = RecordId(bytes.fromhex(record))
    except ValueError as problem:
        raise CommandError(Exit.USAGE, Code.FORMAT_SHAPE, what=record[:80]) from problem
    demanded = None if policy is None else _policy(policy)
    written: dict[str, object] = {}
    output = Output(as_json)
    with (
        asking(as_, node, trust, whole, inbox, record) as client,
        output.waiting(say("receipt.waiting")),
    ):
        found = client.witnessed_receipt(record_id, demanded, wait, stamped=with_time)
        fetched = found.encode()
        if tlog_proof is not None:
            write_result(tlog_proof, client.tlog_proof(record_id).format())
            written["tlog_proof"] = str(tlog_proof)
        if out is not None:
            write_result(out, fetched)
            written["receipt"] = str(out)
        if not written:
            sys.stdout.write(fetched.decode())
            return
    lines = [f"{HELD} {say('receipt.kept', path=str(path))}" for path in written.values()]
    output.result({"record": record, **written}, *lines)


def status(
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    as_json: JsonFlag = False,
) -> None:
    """Say where a node stands, and what is wrong where something is."""
    from api.client import Client

    urls, root, certificates = whom(as_, node, trust)
    with Client(urls, root, certificate_file=certificates) as client:
        told = client.network()
    try:
        lines, troubles = _status_lines(told), told["troubles"]
    except (KeyError, TypeError, AttributeError) as problem:
        raise CommandError(
            Exit.REFUSED, Code.API_ANSWER, node=urls[0], what=f"/v1/network: {problem!r}"
        ) from problem
    Output(as_json).result(told, *lines)
    if troubles:
        raise typer.Exit(Exit.REFUSED)


def audit(
    folder: Annotated[Path, typer.Argument(help=say("help.audit_folder"))],
    as_json: JsonFlag = False,
) -> None:
    """Go over everything that a stopped node holds; exit 0 only where all of it is right."""
    from cli.compose.rejudging import Rejudging
    from contracts.genesis_rows import genesis_rows
    from ledger.audit import audit as go_over
    from ledger.audit_finding import Finding
    from ledger.store.leveldb import LevelDBStore

    output, settings = Output(as_json), stored_settings(folder)
    genesis = _read(settings.trust_file).genesis
    if not settings.database_folder.is_dir():
        raise unreadable(settings.database_folder, FileNotFoundError(2, "No such file"))
    found: list[Finding] = []
    blocks = base = 0
    with closing(LevelDBStore(settings.database_folder)) as store, output.progress() as bars:
        bar = bars.add_task(say("audit.progress"), total=None)
        judge = Rejudging.over(genesis, settings.catalogues)
        for event in go_over(store, genesis, genesis_rows(genesis), judge):
            if isinstance(event, Finding):
                found.append(event)
                bars.console.print(f"{FAILED} {escape(event.sentence(language()))}")
            else:
                blocks, base = event.blocks_count, event.base
                bars.update(bar, total=blocks, completed=event.height)
    sign = FAILED if found else HELD
    told = say("audit.found" if found else "audit.clean", blocks=blocks, count=len(found))
    document = {"blocks": blocks, "base": base, "findings": [_finding(each) for each in found]}
    note = [say("audit.base", base=base)] if base else []
    output.result(document, f"{sign} {told}", *note)
    if found:
        raise typer.Exit(Exit.REFUSED)


def _finding(found: Any) -> dict[str, object]:
    sentence = found.sentence(language())
    return {"code": found.code.value, "height": found.height, "sentence": sentence}


def whom(
    as_: Path | None, node: str | None, trust: Path
) -> tuple[tuple[str, ...], TrustRoot, Path | None]:
    """Nodes, trust root and the nodes' certificates: of a member's folder, or as named."""
    if as_ is None and node is not None:
        return (node,), _read(trust), None
    settings = client_from(as_, node)
    return settings.nodes, _read(settings.trust_file), settings.certificate_file


@contextmanager
def asking(
    as_: Path | None,
    node: str | None,
    trust: Path,
    whole: bool,
    inbox: Path | None,
    what: str,
) -> "Iterator[Client]":
    """A client for what a command shows.

    Without `whole` and `inbox` nobody is told who asks. With one of them a single node is, because
    no other one has to know; and where there is an inbox, the visit is recorded first.

    Args:
        as_: folder of the member that acts.
        node: that is asked, instead of those of the folder.
        trust: the trust root, where nobody acts.
        whole: prove to the node who asks.
        inbox: of the supervisors' own stream.
        what: is looked at: a record's id, a subject, or something else that is named.

    Raises:
        LedgerError: `client.none`, `key.*`; `supervise.unrecorded` for whoever reads by standing
            right and has no inbox; whatever else seals a visit or asks a node.
    """
    from api.client import Client

    if not whole and inbox is None:
        urls, root, certificates = whom(as_, node, trust)
        with Client(urls, root, certificate_file=certificates) as client:
            yield client
        return
    from cli.desk import Desk
    from cli.supervising import leave_visit

    settings = client_from(as_, node)
    alone = replace(settings, nodes=settings.nodes[:1])
    with Desk.open(alone) as desk:
        leave_visit(desk, inbox, what)
        desk.client.read_as(desk.member_id, desk.signer)
        yield desk.client


def trust_in(as_: Path | None, trust: Path) -> TrustRoot:
    """The trust root of a member's folder, or the file that was named."""
    return _read(trust if as_ is None else client_from(as_, None).trust_file)


def _policy(path: Path) -> Policy:
    try:
        return read_policy(path)
    except OSError as problem:
        raise unreadable(path, problem) from problem


def _read(path: Path) -> TrustRoot:
    try:
        return read_trust(path)
    except OSError as problem:
        raise unreadable(path, problem) from problem


def _status_lines(told: Mapping[str, Any]) -> list[str | Table]:
    rows = facts(
        told["name"],
        [
            (say("status.height"), str(told["height"])),
            (say("status.cosigned"), str(told["cosigned_height"])),
            (say("status.primary"), say("status.view", node=told["primary"], view=told["view"])),
            (say("status.quorum"), say("status.of", q=told["q"], n=told["n"])),
            (say("status.waiting"), str(told["waiting"])),
        ],
    )
    nodes = table(
        say("status.nodes"),
        say("network.node"),
        say("status.reachable"),
        say("status.height"),
        say("status.offset"),
    )
    for node in told["nodes"]:
        sign = HELD if node["reachable"] else FAILED
        height = "–" if node["height"] is None else str(node["height"])
        offset = "–" if node["offset_ms"] is None else f"{node['offset_ms']} ms"
        name = f"{node['node_id']} *" if node["node_id"] == told["this_node"] else node["node_id"]
        nodes.add_row(escape(printable(name)), sign, printable(height), printable(offset))
    sentences = told["words_zh" if language() == "zh" else "words_en"]
    return [rows, nodes, *(escape(printable(sentence)) for sentence in sentences)]
