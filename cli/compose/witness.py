"""One witness as a process: its folder, its key, and the HTTP interface.

Nothing here decides anything; it opens, serves and closes.
"""

import asyncio
import time
from typing import Final

import structlog

from api.tlog_witness.app import create_witness_app
from api.tlog_witness.service import Witness
from cli.compose.logs import open_log
from cli.compose.serving import GOODBYE_S, http_server, listen, stop_event
from cli.keyfiles import open_key
from cli.settings import WitnessSettings
from cli.signers.passphrase import passphrase
from cli.witness_folder import held_logs
from ledger.core.note import Kind, NoteKey

CONNECTIONS_MAX: Final = 64
"""Open at once: a few networks' nodes ask, once in a while."""
PATIENCE_S: Final = 10.0
"""A request has 19 kB at most, and whoever is slower holds the place of another."""


async def run_witness(settings: WitnessSettings, *, stop_with_parent: bool = False) -> None:
    """Run a witness until SIGTERM or SIGINT.

    Args:
        settings: of its folder.
        stop_with_parent: stop as well when standard input closes.

    Raises:
        CommandError: `file.*`, `settings.*`, `node.port`.
        LedgerError: `key.*`, `store.*`, `witness.state`.
    """
    open_log(settings.log_file, settings.log_level)
    log = structlog.get_logger("witness").bind(witness=settings.name)
    signer = open_key(settings.key_file, passphrase(settings.name, settings.passphrase_file))
    with held_logs(settings, signer) as logs, listen(settings.api_listen) as listening:
        vkey = NoteKey(settings.name, Kind.COSIGNATURE, signer.public_key).vkey()
        heads = {each.trust.origin: each.size for each in logs}
        log.info("witness.started", vkey=vkey, api=str(settings.api_listen), heads=heads)
        witness = Witness(logs, lambda: time.time_ns() // 1_000_000_000)
        server = http_server(create_witness_app(witness), CONNECTIONS_MAX, patience_s=PATIENCE_S)
        stop = stop_event(stop_with_parent=stop_with_parent)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        server.should_exit = True
        await asyncio.wait_for(serving, 2 * GOODBYE_S)
    log.info("witness.stopped")
