"""One node: the only place where store, contracts, consensus and HTTP service meet.

All of it runs in one event loop. Nothing here decides anything; it opens, connects and closes, in
an order in which a failure at any line leaves a folder that starts clean.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

import structlog
import uvicorn

from api.app import create_app
from api.deposit_store import DepositStore
from api.outbound.outbound import Outbound
from api.service import LedgerService
from cli.compose.catalogues import catalogues_at_hand
from cli.compose.clock_watch import ClockWatch
from cli.compose.documents import open_issuer
from cli.compose.host import host_facts
from cli.compose.logs import open_log
from cli.compose.outbound import open_outbound
from cli.compose.running import opened_trust, run_together, told
from cli.compose.serving import http_server, https_files, listen
from cli.failures import CommandError, Exit
from cli.settings import NODE_FILE, Settings
from cli.signers.folder import NodeSigners, open_node_keys
from cli.signers.passphrase import passphrase
from consensus import tcp
from consensus.append_file import DiskFile
from consensus.build import Identity, Storage, codec_of, open_driver
from consensus.driver import Driver
from consensus.evidence import EvidenceFolder
from consensus.runner import Runner
from consensus.tls import TlsFiles
from consensus.transport import Receiver, Transport
from contracts.executor import BlockExecutor
from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.status_answer import Stating
from ledger.errors import InvariantBroken, LedgerError
from ledger.store.leveldb import LevelDBStore
from ledger.trust import TrustRoot

TLS_KEY_FILE: Final = "key.pem"
TLS_CERTIFICATE_FILE: Final = "certificate.pem"
TLS_PEERS_FOLDER: Final = "peers"


@dataclass(frozen=True, slots=True)
class OpenNode:
    """A node with everything open, before it runs."""

    settings: Settings
    runner: Runner
    server: uvicorn.Server
    listening: socket.socket
    """Where the HTTP service is asked."""
    outbound: Outbound | None
    """The lines to witnesses."""
    clock: ClockWatch


async def run_node(settings: Settings, *, stop_with_parent: bool = False) -> None:
    """Run a node until SIGTERM or SIGINT, or until it must not go on.

    Args:
        settings: of its folder.
        stop_with_parent: stop as well when standard input closes.

    Raises:
        CommandError: `file.*`, `node.*`: something in the folder is not as it must be.
        LedgerError: `key.*`, `store.*`, `journal.*`: what ended the node; it starts clean again.
        InvariantBroken: our own fault.
    """
    open_log(settings.log_file, settings.log_level)
    log = structlog.get_logger("node").bind(node=settings.node_id)
    trust = opened_trust(settings.trust_file)
    _check_peers(settings, trust)
    opened_with = passphrase(f"{settings.node_id}", settings.passphrase_file)
    signers = open_node_keys(settings.keys_folder, opened_with, trust.committee, settings.node_id)
    with _opened(settings, trust, signers) as node:
        log.info("node.started", network=trust.network_id.hex(), api=str(settings.api_listen))
        works = [node.runner.run(), node.clock.run()]
        if node.outbound is not None:
            works.append(node.outbound.run(node.runner))
        try:
            await run_together(
                works, node.server, node.listening, stop_with_parent=stop_with_parent
            )
        except (LedgerError, InvariantBroken) as problem:
            log.error("node.failed", **told(problem), exc_info=problem)
            raise
    log.info("node.stopped")


@contextmanager
def _opened(settings: Settings, trust: TrustRoot, signers: NodeSigners) -> Iterator[OpenNode]:
    """Open the folder, in an order that a second node on it fails at the first step."""
    https = https_files(
        settings.api_certificate_file, settings.api_key_file, settings.folder / NODE_FILE
    )
    with ExitStack() as held:
        store = LevelDBStore(settings.database_folder)
        held.callback(store.close)
        catalogue, more = catalogues_at_hand(settings.catalogues)
        chain = Chain(store, trust.genesis, genesis_rows(trust.genesis))
        executor = BlockExecutor(chain, catalogue, more)
        journal = DiskFile(settings.journal_folder / "promises")
        held.callback(journal.close)
        intake = DiskFile(settings.journal_folder / "intake")
        held.callback(intake.close)
        signed = DiskFile(settings.signed_file)
        held.callback(signed.close)
        identity = Identity(
            trust.network_id,
            settings.node_id,
            trust.origin,
            signers.node,
            trust.genesis.parameters,
        )
        evidence = EvidenceFolder(settings.misconduct_folder, chain.links.up_to)
        storage = Storage(executor, chain, journal, intake, signed, evidence)
        runner = _runner(settings, trust, identity, storage)
        watch, certificate = ClockWatch(), settings.tls_folder / TLS_CERTIFICATE_FILE
        outbound = open_outbound(settings, chain, signers.log)
        service = LedgerService(
            chain,
            catalogue,
            runner,
            signers.log,
            show_all=settings.show_all,
            host=lambda: host_facts(journal, intake, certificate, watch.facts),
            outbound=outbound,
            rules=executor,
            deposits=DepositStore(settings.deposits_folder),
            stating=Stating(settings.node_id, signers.node),
        )
        listening = listen(settings.api_listen)
        held.callback(listening.close)
        app = create_app(
            service,
            issuer=open_issuer(settings),
            requests_per_address=settings.requests_per_address,
        )
        server = http_server(app, https=https)
        yield OpenNode(settings, runner, server, listening, outbound, watch)


def _runner(settings: Settings, trust: TrustRoot, identity: Identity, storage: Storage) -> Runner:
    codec = codec_of(identity)
    network = tcp.Network(
        own=settings.node_id,
        committee=trust.committee,
        listen=tcp.Address(settings.consensus_listen.host, settings.consensus_listen.port),
        peers={
            peer: tcp.Address(address.host, address.port)
            for peer, address in settings.peers.items()
        },
        files=TlsFiles(
            settings.tls_folder / TLS_CERTIFICATE_FILE,
            settings.tls_folder / TLS_KEY_FILE,
            tuple(
                settings.tls_folder / TLS_PEERS_FOLDER / f"{peer}.pem" for peer in settings.peers
            ),
        ),
        sizes_max=codec.sizes_max,
    )

    def line(receiver: Receiver) -> tcp.TcpTransport:
        transport = tcp.TcpTransport(network, receiver)
        transport.listen()
        return transport

    def driver(transport: Transport) -> Driver:
        return open_driver(identity, storage, transport)

    return Runner(codec, line, driver)


def _check_peers(settings: Settings, trust: TrustRoot) -> None:
    """Every other node of the committee has an address, and nobody else."""
    expected = set(trust.committee) - {settings.node_id}
    if odd := sorted(expected ^ set(settings.peers)):
        path = str(settings.folder / NODE_FILE)
        reason = " ".join(odd)
        raise CommandError(Exit.USAGE, Code.SETTINGS_INVALID, path=path, key="peers", reason=reason)
