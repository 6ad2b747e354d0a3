"""The local signer as a process: one key, one port of this machine, one person at the terminal.

Nothing here decides anything; it opens, serves, shows in the terminal and ends. The key is
forgotten with the process.
"""

import asyncio
import resource
import secrets
import sys
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from rich.markup import escape

from cli.compose.serving import GOODBYE_S, http_server, listen, stop_event
from cli.keyfiles import open_key
from cli.local_signer.app import Front, create_signer_app
from cli.local_signer.audit import Audit
from cli.local_signer.counter import Counter, Holder
from cli.local_signer.guard import is_origin
from cli.local_signer.pairing import Pairings
from cli.output import Output
from cli.settings import Address, ClientSettings
from cli.signers.passphrase import passphrase
from cli.words import say
from contracts.catalogue import load_catalogue
from ledger.reliance import read_trust
from ledger.terminal import printable

HOST: Final = "127.0.0.1"
CONNECTIONS_MAX: Final = 32
PATIENCE_S: Final = 10.0
AUDIT_FILE: Final = "signer-audit.jsonl"


@dataclass(frozen=True, slots=True)
class Terms:
    """How one signer is to run."""

    port: int
    pages: tuple[str, ...]
    """Origins beside the member's nodes that may log in as the member."""
    hours: int


async def run_signer(settings: ClientSettings, terms: Terms, output: Output) -> None:
    """Run a signer until SIGTERM, SIGINT, or its hours are over.

    Raises:
        CommandError: `file.*`, `node.port`.
        LedgerError: `key.*`, or a trust root that is none.
    """
    # A core dump would hold the key.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    holder = _holder(settings, terms.pages)
    pairings, audit = Pairings(), Audit(settings.folder / AUDIT_FILE)
    with listen(Address(HOST, terms.port), CONNECTIONS_MAX) as listening:
        port = listening.getsockname()[1]
        hosts = frozenset({f"{HOST}:{port}", f"localhost:{port}"})

        def show(origin: str, code: str) -> None:
            _say(output, say("signer.pair_asked", origin=printable(origin)))
            _say(output, f"{code[:4]}-{code[4:]}")

        front = Front(Counter(holder, pairings, audit), pairings, show, _now_ms)
        server = http_server(create_signer_app(front, hosts), patience_s=PATIENCE_S)
        address = f"http://{HOST}:{port}"
        _say(output, say("signer.started", member=holder.member_id, address=address))
        _say(output, say("signer.log", path=str(settings.folder / AUDIT_FILE)))
        _link(output, front, address)
        stop = stop_event(stop_with_parent=False)
        if sys.stdin.isatty():
            loop = asyncio.get_running_loop()
            loop.add_reader(sys.stdin.fileno(), _another_link, output, front, address)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait(
            {serving, stopping}, timeout=terms.hours * 3600, return_when=asyncio.FIRST_COMPLETED
        )
        if not done:
            _say(output, say("signer.over"))
        stopping.cancel()
        server.should_exit = True
        await asyncio.wait_for(serving, 2 * GOODBYE_S)


def _holder(settings: ClientSettings, pages: tuple[str, ...]) -> Holder:
    trust = read_trust(settings.trust_file)
    secret = passphrase(str(settings.key_file), settings.passphrase_file)
    nodes = (urlsplit(each) for each in settings.nodes)
    own = {f"{each.scheme}://{each.netloc}".lower() for each in nodes}
    logins = frozenset(each for each in own | set(pages) if is_origin(each))
    signer = open_key(settings.key_file, secret)
    return Holder(settings.member_id, signer, trust, load_catalogue(), logins)


def _link(output: Output, front: Front, address: str) -> None:
    _say(output, say("signer.link"))
    _say(output, f"{address}/open/{front.opening[0]}")


def _another_link(output: Output, front: Front, address: str) -> None:
    if not sys.stdin.readline():
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        return
    front.opening[:] = [secrets.token_hex(16)]
    _link(output, front, address)


def _say(output: Output, line: str) -> None:
    """One line, whole: a link that is broken over two cannot be followed."""
    output.out.print(escape(line), soft_wrap=True)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
