"""`bidwitness witness`: make a witness, let it know networks, and run it."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.commands.options import JsonFlag, NodeOption, PassphraseOption
from cli.commands.reading import trust_in
from cli.documents import read_given, rewrite
from cli.failures import CommandError, Exit
from cli.keyfiles import Cost
from cli.output import HELD, Output, facts
from cli.settings import address, witness_settings
from cli.signers.passphrase import new_passphrase
from cli.words import say
from ledger.codes import Code
from ledger.core.checkpoint import parse_checkpoint
from ledger.core.epochs_file import EPOCHS_BYTES_MAX, decode_epochs_file
from ledger.core.misconduct_file import MisconductFile
from ledger.core.note import parse_note
from ledger.epoch_links import led_by_file
from ledger.errors import VerificationError
from ledger.trust import TrustRoot

_app = typer.Typer(no_args_is_help=True)
TrustFiles = Annotated[list[Path], typer.Argument(help=say("help.witness_trust"))]


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_app, name="witness", help=say("help.witness"))


@_app.command("init", help=say("help.witness_init"))
def init(
    folder: Path,
    trust: TrustFiles,
    name: Annotated[str, typer.Option(help=say("help.witness_name"))],
    listen: Annotated[str, typer.Option(help=say("help.witness_listen"))] = "127.0.0.1:8090",
    cost: Annotated[Cost, typer.Option(help=say("help.keys_cost"))] = Cost.MODERATE,
    passphrase_file: PassphraseOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make the folder of a witness of some networks."""
    from cli.witness_folder import add_network, make_folder

    roots = [trust_in(None, each) for each in trust]
    key = make_folder(
        folder,
        name,
        str(address(listen)),
        new_passphrase(name, passphrase_file),
        passphrase_file,
        cost,
    )
    for root in roots:
        add_network(folder, root)
    origins = [root.origin for root in roots]
    Output(as_json).result(
        {"folder": str(folder), "name": name, "vkey": key.vkey(), "origins": origins},
        facts(
            say("witness.made"),
            [
                (say("witness.folder"), str(folder)),
                (say("witness.vkey"), key.vkey()),
                (say("witness.origins"), "\n".join(origins)),
            ],
        ),
    )


@_app.command("add", help=say("help.witness_add"))
def add(folder: Path, trust: TrustFiles, as_json: JsonFlag = False) -> None:
    """Let a witness know more networks; a running one learns of them at its next start."""
    from cli.witness_folder import add_network

    witness_settings(folder)
    roots = [trust_in(None, each) for each in trust]
    for root in roots:
        add_network(folder, root)
    origins = [root.origin for root in roots]
    lines = [escape(say("witness.added", origin=each)) for each in origins]
    Output(as_json).result({"origins": origins}, *(f"{HELD} {line}" for line in lines))


@_app.command("follow", help=say("help.witness_follow"))
def follow(
    folder: Path,
    node: NodeOption = None,
    epochs: Annotated[
        Path | None, typer.Option("--epochs", help=say("help.network_epochs"))
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Lead a witness to a network's present committee; a running one takes it at once."""
    from cli.witness_folder import network_file

    witness_settings(folder)
    if (node is None) == (epochs is None):
        raise CommandError(Exit.USAGE, Code.OPTIONS_TARGET, options="--node, --epochs")
    found = _asked(folder, node) if node is not None else _given(folder, epochs)
    path = network_file(folder, found.origin)
    rewrite(path, found.encode())
    epoch = found.committee.epoch
    told = say("witness.followed", origin=found.origin, epoch=epoch)
    Output(as_json).result({"origin": found.origin, "epoch": epoch}, f"{HELD} {escape(told)}")


def _asked(folder: Path, node: str) -> TrustRoot:
    """The trust root of the network that a node is of, led on by that node."""
    from api.client import Client, Nodes
    from api.client.log import NodeLog
    from cli.witness_folder import network_file

    with closing(Nodes([node])) as nodes:
        shown = parse_checkpoint(parse_note(NodeLog(nodes).checkpoint()).text)
    with Client([node], trust_in(None, network_file(folder, shown.origin))) as client:
        client.head()
        return client.trust


def _given(folder: Path, path: Path | None) -> TrustRoot:
    """The trust root of the network that a file of links is of, led on by these."""
    from cli.witness_folder import NETWORKS_FOLDER

    file = decode_epochs_file(read_given(path or Path(), EPOCHS_BYTES_MAX))
    for each in sorted((folder / NETWORKS_FOLDER).glob("*.json")):
        root = trust_in(None, each)
        if root.network_id == file.network_id:
            return led_by_file(root, file)
    raise VerificationError(Code.WITNESS_LOG, origin=file.network_id.hex())


@_app.command("status", help=say("help.witness_status"))
def status(folder: Path, as_json: JsonFlag = False) -> None:
    """Show what a witness cosigned last of each network, and what heads have proven."""
    from cli.witness_folder import known_networks, last_head

    witness_settings(folder)
    output, proven = Output(as_json), 0
    told: list[dict[str, object]] = []
    for trust in known_networks(folder):
        head, evidence = last_head(folder, trust.origin), _evidence(folder, trust)
        proven += len(evidence)
        size = 0 if head is None else head.size
        lines = [f"{sentence}: {path}" for path, sentence in evidence]
        rows = [
            (say("witness.epoch_known"), str(trust.committee.epoch)),
            (say("witness.size"), str(size)),
            (say("witness.evidence"), "\n".join(lines) or say("witness.no_evidence")),
        ]
        output.note(facts(trust.origin, rows))
        files = [{"file": str(path), "sentence": sentence} for path, sentence in evidence]
        epoch = trust.committee.epoch
        told.append({"origin": trust.origin, "epoch": epoch, "size": size, "evidence": files})
    output.result({"networks": told})
    if proven:
        raise typer.Exit(Exit.REFUSED)


def _evidence(folder: Path, trust: TrustRoot) -> list[tuple[Path, str]]:
    """The files that prove something against keys of a network, and what they prove."""
    from cli.misconduct import sentence_of
    from cli.witness_folder import misconduct_folder
    from consensus.evidence import EvidenceFolder, file_name

    kept = misconduct_folder(folder, trust.origin)
    if not kept.exists():
        return []
    faults = EvidenceFolder(kept).faults
    files = [(kept / file_name(fault), MisconductFile(fault)) for fault in faults]
    return [(path, sentence_of(file, trust)) for path, file in files]


@_app.command("run", help=say("help.witness_run"))
def run(
    folder: Path,
    stop_with_parent: Annotated[
        bool, typer.Option("--stop-with-parent", help=say("help.node_parent"))
    ] = False,
) -> None:
    """Run the witness of `folder` until SIGTERM or Ctrl-C."""
    from cli.compose.steady_loop import run as run_steadily
    from cli.compose.witness import run_witness

    run_steadily(run_witness(witness_settings(folder), stop_with_parent=stop_with_parent))
