"""`bidwitness address`: whose an address is as a commitment, and questions on record."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from nacl.utils import random
from rich.markup import escape

from api.client.writing import new_nonce, private_record
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
from cli.commands.reading import trust_in
from cli.documents import read_given
from cli.failures import CommandError, Exit
from cli.new_files import write_private
from cli.output import FAILED, HELD, Output, facts, table
from cli.words import say
from ledger.codes import Code
from ledger.core.identifiers import MemberId, Subject
from ledger.core.openings import Openings
from ledger.core.owner import SALT_BYTES, owner_commitment
from ledger.core.record import Record
from ledger.terminal import printable
from ledger.words.moments import beijing_time

_SALT_FILE_BYTES_MAX: Final = 1024

app = typer.Typer(help=say("help.address"), no_args_is_help=True)

AddressArgument = Annotated[str, typer.Argument(help=say("help.address_code"))]


def register(main: typer.Typer) -> None:
    """Add this group to `main`."""
    main.add_typer(app, name="address")


@app.command("commit", help=say("help.address_commit"))
def commit(
    address: AddressArgument,
    owner: Annotated[str, typer.Option("--owner", help=say("help.address_owner"))],
    salt_file: Annotated[Path, typer.Option("--salt-file", help=say("help.address_salt"))],
    as_: AsOption = None,
    trust: TrustOption = Path("trust.json"),
    as_json: JsonFlag = False,
) -> None:
    """Commit to the owner of an address, with the salt in the file or a fresh one."""
    if not salt_file.exists():
        write_private(salt_file, random(SALT_BYTES).hex().encode() + b"\n")
    salt = _salt(salt_file)
    network = trust_in(as_, trust).network_id
    made = owner_commitment(network, address, MemberId(owner), salt).hex()
    told = {"address": address, "owner": owner, "commitment": made, "salt_file": str(salt_file)}
    rows = [
        (say("address.commitment"), made),
        (say("address.salt_file"), str(salt_file)),
    ]
    Output(as_json).result(told, facts(address, rows))


@app.command("find", help=say("help.address_find"))
def find(
    wanted: Annotated[str, typer.Argument(help=say("help.address_wanted"))],
    purpose: Annotated[str, typer.Option("--purpose", help=say("help.address_purpose"))],
    keep: Annotated[Path, typer.Option("--keep", help=say("help.address_keep"))],
    by_owner: Annotated[bool, typer.Option("--owner", help=say("help.address_by_owner"))] = False,
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """Put a question about an address or an owner on record, and then ask it."""
    with open_desk(as_, node, wait) as desk:
        record = Record(
            type="address.looked_up",
            issuer=desk.member_id,
            subject=Subject(desk.member_id),
            occurred_at_ms=time.time_ns() // 1_000_000,
            evidence=(),
            fields={"by": "owner" if by_owner else "address", "purpose": purpose},
            private=None,
            refs=(),
            nonce=new_nonce(),
        )
        written = private_record(record, {"wanted": wanted})
        # Who is asked later what it looked for has nothing else to show it with.
        anchoring.keep_openings(keep / written.record.record_id.hex(), written)
        (kept,) = desk.submit([written])
        anchoring.write_receipt(keep / written.record.record_id.hex(), kept)
        question = Openings(written.record.record_id, written.openings)
        told = desk.client.look_up(desk.member_id, desk.signer, question)
    try:
        lines = [_found(each) for each in told["addresses"]]
        at = say("address.at", time=beijing_time(told["time_ms"]), height=told["height"])
    except (KeyError, TypeError, ValueError) as problem:
        what = f"/v1/addresses/lookups: {problem!r}"
        raise CommandError(Exit.REFUSED, Code.API_ANSWER, node=str(node), what=what) from problem
    none = [say("address.none")] if not lines else []
    Output(as_json).result(told, *lines, *none, escape(at))


def _found(told: Mapping[str, Any]) -> Any:
    """The certificates of one address."""
    title = told["address"]
    if told["recoded_to"]:
        title = say("address.recoded", address=title, now=told["recoded_to"])
    shown = table(
        printable(str(title)),
        say("address.certificate"),
        say("address.kind"),
        say("address.applicant"),
        say("address.standing"),
    )
    for each in told["certificates"]:
        sign = HELD if each["valid"] else FAILED
        lacks = "valid" if each["valid"] else f"lacks_{each['lacks']}"
        standing = say(f"address.{lacks}") + (say("address.called") if each["called"] else "")
        kind = say(f"address.kind_{each['kind']}")
        applicant = printable(str(each["applicant"] or ""))
        shown.add_row(
            printable(str(each["record_id"])), kind, escape(applicant), f"{sign} {escape(standing)}"
        )
    return shown


def _salt(path: Path) -> bytes:
    try:
        salt = bytes.fromhex(read_given(path, _SALT_FILE_BYTES_MAX).decode("ascii").strip())
    except ValueError as problem:
        raise CommandError(
            Exit.USAGE, Code.FILE_INVALID, path=str(path), reason=str(problem)
        ) from problem
    if len(salt) != SALT_BYTES:
        raise CommandError(Exit.USAGE, Code.FILE_INVALID, path=str(path), reason="32 bytes, hex")
    return salt
