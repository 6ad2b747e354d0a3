"""`bidwitness court-code`: codes by which a court gets an evidence package from a node."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from cli.commands.options import AsOption, JsonFlag, NodeOption, client_from, open_desk
from cli.desk import Desk
from cli.output import HELD, Output
from cli.words import say
from ledger.core.court_code import code_hash, grouped, read_code
from ledger.core.identifiers import Digest, RecordId, Subject
from ledger.terminal import printable
from ledger.words.moments import beijing_time

_app = typer.Typer(no_args_is_help=True)
_HASH: Final = re.compile(r"[0-9a-f]{64}")
CodeArgument = Annotated[str, typer.Argument(help=say("help.court_code_code"))]


def register(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(_app, name="court-code", help=say("help.court_code"))


@_app.command("make", help=say("help.court_code_make"))
def make(
    about: Annotated[str, typer.Argument(help=say("help.bundle_about"))],
    as_: AsOption = None,
    node: NodeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Draw a code, and have a node keep the package of a subject or record under it."""
    single = _HASH.fullmatch(about)
    with _desk(as_, node) as desk:
        made = desk.client.make_court_code(
            RecordId(Digest(bytes.fromhex(about))) if single else Subject(about),
            desk.member_id,
            desk.signer,
        )
    code, told = grouped(made.code), made.told
    lines = [
        f"{HELD} {say('court_code.made', records=told['records_count'])}",
        f"   [bold]{code}[/bold]",
        escape(say("court_code.until", until=beijing_time(int(told["expires_at_ms"])))),
        escape(say("court_code.where", page=f"{_first(as_, node)}/extract")),
        escape(say("court_code.digest", digest=str(told["package_sha256"]))),
        escape(say("court_code.once")),
    ]
    Output(as_json).result({"code": code, **told}, *lines)


@_app.command("list", help=say("help.court_code_list"))
def listing(as_: AsOption = None, node: NodeOption = None, as_json: JsonFlag = False) -> None:
    """The member's codes, or all of a node's for a supervisor."""
    with _desk(as_, node) as desk:
        found = desk.client.court_codes(desk.member_id, desk.signer)
    lines = [_line(each) for each in found] or [escape(say("court_code.no_codes"))]
    Output(as_json).result({"items": found}, *lines)


@_app.command("show", help=say("help.court_code_show"))
def show(
    code: CodeArgument, as_: AsOption = None, node: NodeOption = None, as_json: JsonFlag = False
) -> None:
    """One code, and each time that it was used."""
    with _desk(as_, node) as desk:
        found = desk.client.court_code(_named(code), desk.member_id, desk.signer)
    uses = [
        escape(
            printable(
                say(
                    "court_code.use",
                    time=beijing_time(int(each["at_ms"])),
                    place=str(each["place"]),
                    outcome=say(f"court_code.{each['outcome']}"),
                )
            )
        )
        for each in found["uses"]
    ]
    none = [escape(say("court_code.unused"))]
    Output(as_json).result(found, _line(found), *(uses or none))


@_app.command("revoke", help=say("help.court_code_revoke"))
def revoke(
    code: CodeArgument, as_: AsOption = None, node: NodeOption = None, as_json: JsonFlag = False
) -> None:
    """Have a code open nothing any more, and its package removed from the node."""
    with _desk(as_, node) as desk:
        told = desk.client.end_court_code(_named(code), desk.member_id, desk.signer)
    Output(as_json).result(told, f"{HELD} {say('court_code.ended')}")


@contextmanager
def _desk(as_: Path | None, node: str | None) -> Iterator[Desk]:
    # A code is on one node: where none was named it is the member's first.
    with open_desk(as_, _first(as_, node), 0) as desk:
        yield desk


def _first(as_: Path | None, node: str | None) -> str:
    return client_from(as_, node).nodes[0]


def _named(code: str) -> Digest:
    """The hash that is meant: the code itself stays on this machine."""
    return Digest(bytes.fromhex(code)) if _HASH.fullmatch(code) else code_hash(read_code(code))


def _line(told: Mapping[str, Any]) -> str:
    ended = int(told["ended_at_ms"])
    state = "court_code.open"
    if ended:
        state = "court_code.revoked" if told["revoked"] else "court_code.expired"
    return escape(
        printable(
            say(
                "court_code.row",
                hash=str(told["code_hash"]),
                member=str(told["member"]),
                about=str(told["about"]),
                state=say(state),
                until=beijing_time(ended or int(told["expires_at_ms"])),
                given=int(told["given_count"]),
                refused=int(told["refused_count"]),
            )
        )
    )
