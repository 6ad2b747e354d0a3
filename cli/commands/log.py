"""Commands about the whole log: `export tiles` copies it, `consistency` shows that it only grew."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cli.commands import open_data, record_export, verifier_export
from cli.commands.options import AsOption, JsonFlag, NodeOption, TrustOption
from cli.commands.reading import trust_in, whom
from cli.documents import unreadable
from cli.exporting import Export, LogSource
from cli.heads import head_in, head_of
from cli.output import HELD, Output
from cli.settings import stored_settings
from cli.static_log import CHECKPOINT, StaticLog
from cli.words import say
from ledger.core.checkpoint import Checkpoint
from ledger.core.identifiers import Digest
from ledger.core.merkle_stored import consistency_path_from
from ledger.core.tile_tree import TileNodes
from ledger.heads import verify_extends
from ledger.trust import TrustRoot

_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    record_export.register(_app)
    open_data.register(_app)
    verifier_export.register(_app)
    app.add_typer(_app, name="export", help=say("help.export"))
    app.command("consistency", help=say("help.consistency"))(consistency)


@_app.callback()
def export() -> None:
    """A group, so that `export tiles` keeps its two words."""


@_app.command("tiles", help=say("help.export_tiles"))
def tiles(
    folder: Annotated[Path, typer.Argument(help=say("help.export_folder"))],
    stopped: Annotated[
        Path | None, typer.Option("--stopped", help=say("help.export_stopped"))
    ] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    as_json: JsonFlag = False,
) -> None:
    """Bring the static copy of the log in `folder` up to date."""
    output = Output(as_json)
    with _source(stopped, as_, node, trust) as (source, root), output.progress() as bars:
        bar = bars.add_task(say("export.progress"), total=None)

        def advance(done: int, size: int) -> None:
            bars.update(bar, completed=done, total=size)

        done = Export(StaticLog(folder), source, root, advance).run()
    document = {
        "folder": str(folder),
        "size_before": done.before,
        "size": done.size,
        "files": done.files_count,
        "bytes": done.bytes_count,
    }
    told = say(
        "export.done" if done.files_count else "export.nothing",
        path=str(folder),
        size=done.size,
        before=done.before,
        files=done.files_count,
    )
    output.result(document, f"{HELD} {told}")


def consistency(
    old: Annotated[Path, typer.Argument(help=say("help.consistency_old"))],
    new: Annotated[Path | None, typer.Argument(help=say("help.consistency_new"))] = None,
    copy: Annotated[
        Path | None, typer.Option("--tiles", help=say("help.consistency_tiles"))
    ] = None,
    as_: AsOption = None,
    node: NodeOption = None,
    trust: TrustOption = Path("trust.json"),
    as_json: JsonFlag = False,
) -> None:
    """Show that the log of a later head begins with the log of an earlier one."""
    from api.client import Nodes
    from api.client.log import NodeLog

    if copy is not None:
        root = trust_in(as_, trust)
        one, other = head_in(old, root), head_in(new or copy / CHECKPOINT, root)
        first, second = sorted((one, other), key=lambda head: head.size)
        path = _path_in(copy, root, first, second)
    else:
        urls, root, certificates = whom(as_, node, trust)
        with closing(Nodes(urls[:1], certificate_file=certificates)) as nodes:
            log = NodeLog(nodes)
            newest = log.checkpoint() if new is None else b""
            root = log.follow(root)
            one = head_in(old, root)
            other = head_of(newest, root) if new is None else head_in(new, root)
            first, second = sorted((one, other), key=lambda head: head.size)
            path = log.consistency(first.size, second.size)
    verify_extends(first, second, path)
    document = {
        "old": _head(first),
        "new": _head(second),
        "path": [each.hex() for each in path],
    }
    told = say("consistency.held", old=first.size, new=second.size)
    Output(as_json).result(document, f"{HELD} {told}")


@contextmanager
def _source(
    stopped: Path | None, as_: Path | None, node: str | None, trust: Path
) -> Iterator[tuple[LogSource, TrustRoot]]:
    """Where the log is read, and the trust root that judges it."""
    from api.client import Nodes
    from api.client.log import NodeLog

    if stopped is None:
        urls, root, certificates = whom(as_, node, trust)
        # One node only, so that a copy has the log signature of one node and fits one policy.
        with closing(Nodes(urls[:1], certificate_file=certificates)) as nodes:
            yield NodeLog(nodes), root
        return
    from cli.compose.stopped_log import stopped_log

    settings = stored_settings(stopped)
    root = trust_in(None, settings.trust_file)
    with stopped_log(settings, root, Output().upgrading) as source:
        yield source, root


def _path_in(
    folder: Path, trust: TrustRoot, first: Checkpoint, second: Checkpoint
) -> tuple[Digest, ...]:
    """The path between two heads, out of a static copy that reaches that far."""
    copy = StaticLog(folder)
    size = head_in(folder / CHECKPOINT, trust).size
    if second.size > size:
        raise unreadable(folder, FileNotFoundError(2, f"{second.size} > {size}"))
    return consistency_path_from(TileNodes(size, copy.read), first.size, second.size)


def _head(head: Checkpoint) -> dict[str, object]:
    return {"size": head.size, "root": head.root.hex()}
