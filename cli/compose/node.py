"""One node: the only place where store, contracts, consensus and HTTP service meet.

All of it runs in one event loop. Nothing here decides anything; it opens, connects and closes, in
an order in which a failure at any line leaves a folder that starts clean.
"""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import structlog
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.court_code_store import CourtCodeStore
from api.deposit_store import DepositStore
from api.hook_news import HookNews
from api.outbound.outbound import Outbound
from api.service import LedgerService
from cli.compose.catalogues import catalogues_at_hand
from cli.compose.certificate_watch import CertificateWatch
from cli.compose.clock_watch import ClockWatch
from cli.compose.documents import open_issuer
from cli.compose.hooks import open_hooks
from cli.compose.host import host_facts
from cli.compose.index import OpenIndex, index_works, open_index
from cli.compose.lacking import Show, tell_lacking
from cli.compose.logs import open_log
from cli.compose.next_keys import NextKeys
from cli.compose.opening import opened_chain, up_to_date
from cli.compose.outbound import open_outbound
from cli.compose.own_tls import own_files, tls_files
from cli.compose.running import opened_trust, run_together, told
from cli.compose.seat import Seat
from cli.compose.seating import check_not_retired, check_seat
from cli.compose.serving import http_server, https_files, listen, stop_event
from cli.compose.snapshot_folder import snapshot_side, take_over
from cli.compose.snapshot_work import make_snapshots, until_whole
from cli.settings import NODE_FILE, Settings
from cli.signers.passphrase import passphrase
from cli.signers.standing import NodeKeys, log_signer_of, node_signer_of, open_keys
from consensus import tcp
from consensus.append_file import DiskFile
from consensus.build import Identity, Storage, codec_of, open_driver
from consensus.driver import Driver
from consensus.evidence import EvidenceFolder
from consensus.runner import Runner
from consensus.transport import Receiver, Transport
from contracts.executor import BlockExecutor
from ledger.chain import Chain
from ledger.core.identifiers import NodeId
from ledger.core.status_answer import Stating
from ledger.errors import InvariantBroken, LedgerError
from ledger.store.leveldb import LevelDBStore
from ledger.trust import TrustRoot


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
    index: OpenIndex | None
    telling: Callable[[], Coroutine[object, object, None]]
    """The lines to receivers of webhooks."""
    clock: ClockWatch
    seat: Seat
    """Its place in the committee, from epoch to epoch."""
    chain: Chain


async def run_node(
    settings: Settings, *, stop_with_parent: bool = False, show: Show = lambda _: None
) -> None:
    """Run a node until SIGTERM or SIGINT, or until it must not go on.

    Args:
        settings: of its folder.
        stop_with_parent: stop as well when standard input closes.
        show: told how far the node is while it lacks blocks.

    Raises:
        CommandError: `file.*`, `node.*`: something in the folder is not as it must be.
        LedgerError: `key.*`, `store.*`, `journal.*`: what ended the node; it starts clean again.
        InvariantBroken: our own fault.
    """
    open_log(settings.log_file, settings.log_level)
    log = structlog.get_logger("node").bind(node=settings.node_id)
    trust = opened_trust(settings.trust_file)
    check_not_retired(settings)
    opened_with = passphrase(f"{settings.node_id}", settings.passphrase_file)
    stop = stop_event(stop_with_parent=stop_with_parent)
    # It begins anew in the same process where a snapshot takes its database's place.
    liars: list[NodeId] = []
    while await _run_once(settings, trust, opened_with, stop, liars, show):
        log.info("node.begins_anew")
    log.info("node.stopped")


async def _run_once(
    settings: Settings,
    trust: TrustRoot,
    opened_with: bytes,
    stop: asyncio.Event,
    liars: list[NodeId],
    show: Show,
) -> bool:
    """Run until it must stop, or until a snapshot is whole: then it is to begin again."""
    log = structlog.get_logger("node").bind(node=settings.node_id)
    keys = open_keys(settings.keys_folder, opened_with)
    later = NextKeys(settings.keys_folder, opened_with, keys)
    take_over(settings)
    if not await up_to_date(settings.database_folder, trust, stop):
        return False
    with _opened(settings, trust, keys, later, tuple(liars)) as node:
        log.info("node.started", network=trust.network_id.hex(), api=str(settings.api_listen))
        works = [
            node.runner.run(),
            node.seat.run(node.runner),
            node.clock.run(),
            make_snapshots(node.chain),
            until_whole(node.runner),
            tell_lacking(node.runner, show),
            *index_works(node.index),
            node.telling(),
        ]
        if node.outbound is not None:
            works.append(node.outbound.run(node.runner))
        try:
            await run_together(works, node.server, node.listening, stop=stop)
        except (LedgerError, InvariantBroken) as problem:
            log.error("node.failed", **told(problem), exc_info=problem)
            raise
        liars[:] = node.runner.snapshot_liars
        return node.runner.has_whole_snapshot and not stop.is_set()


@contextmanager
def _opened(
    settings: Settings,
    trust: TrustRoot,
    keys: NodeKeys,
    later: NextKeys,
    liars: tuple[NodeId, ...],
) -> Iterator[OpenNode]:
    """Open the folder, in an order that a second node on it fails at the first step."""
    https = https_files(
        settings.api_certificate_file, settings.api_key_file, settings.folder / NODE_FILE
    )
    with ExitStack() as held:
        store = LevelDBStore(settings.database_folder)
        held.callback(store.close)
        catalogue, more = catalogues_at_hand(settings.catalogues)
        chain = opened_chain(store, trust)
        check_seat(settings, chain, keys)
        executor = BlockExecutor(chain, catalogue, more)
        journal, intake, signed = _open_files(settings, held)
        evidence = EvidenceFolder(settings.misconduct_folder, chain.links.up_to)
        snapshots = snapshot_side(settings, chain, held, liars)
        storage = Storage(executor, chain, journal, intake, signed, evidence, snapshots)
        runner, transport = _runner(settings, chain, _identity(settings, trust, keys), storage)
        seat = Seat(settings, chain, keys, transport, later)
        seat.look()
        watch, ending = ClockWatch(), CertificateWatch(settings, chain)
        log_signer = log_signer_of(keys, settings.node_id, lambda: chain.committee)
        node_signer = node_signer_of(keys, settings.node_id, lambda: chain.committee)
        outbound = open_outbound(settings, chain, log_signer)
        index = open_index(settings.index_url, chain)
        hooks = open_hooks(settings, trust.network_id, settings.node_id)
        service = LedgerService(
            chain,
            catalogue,
            runner,
            log_signer,
            show_all=settings.show_all,
            host=lambda: host_facts(journal, intake, ending.facts(), watch.facts),
            outbound=outbound,
            hooks=hooks,
            rules=executor,
            deposits=DepositStore(settings.deposits_folder),
            stating=Stating(settings.node_id, node_signer),
            engine=None if index is None else index.engine,
        )
        listening = listen(settings.api_listen)
        held.callback(listening.close)
        server = http_server(_app(settings, service), https=https)
        lines = (outbound, index, partial(hooks.run, runner, HookNews(service)))
        yield OpenNode(settings, runner, server, listening, *lines, watch, seat, chain)


def _app(settings: Settings, service: LedgerService) -> FastAPI:
    return create_app(
        service,
        issuer=open_issuer(settings),
        requests_per_address=settings.requests_per_address,
        codes=CourtCodeStore(settings.court_codes_folder),
    )


def _identity(settings: Settings, trust: TrustRoot, keys: NodeKeys) -> Identity:
    # The list itself is handed over: a key that is made while the node runs joins it.
    limits = trust.genesis.parameters
    network_id, own = trust.network_id, settings.node_id
    return Identity(network_id, own, trust.origin, keys.nodes[0], limits, keys.nodes)


def _open_files(settings: Settings, held: ExitStack) -> tuple[DiskFile, DiskFile, DiskFile]:
    """Promises, acknowledged bundles, and what was signed last; closed with the node."""
    folder = settings.journal_folder
    paths = (folder / "promises", folder / "intake", settings.signed_file)
    journal, intake, signed = (DiskFile(path) for path in paths)
    for file in (journal, intake, signed):
        held.callback(file.close)
    return journal, intake, signed


def _runner(
    settings: Settings, chain: Chain, identity: Identity, storage: Storage
) -> tuple[Runner, tcp.TcpTransport]:
    codec = codec_of(identity)
    shown = own_files(settings.tls_folder, (chain.committee,), settings.node_id)
    network = tcp.Network(
        own=settings.node_id,
        committee=chain.committee,
        listen=tcp.Address(settings.consensus_listen.host, settings.consensus_listen.port),
        peers={},
        files=tls_files(settings.tls_folder, shown),
        sizes_max=codec.sizes_max,
    )
    made: list[tcp.TcpTransport] = []

    def line(receiver: Receiver) -> tcp.TcpTransport:
        transport = tcp.TcpTransport(network, receiver)
        transport.listen()
        made.append(transport)
        return transport

    def driver(transport: Transport) -> Driver:
        return open_driver(identity, storage, transport)

    return Runner(codec, line, driver), made[0]
