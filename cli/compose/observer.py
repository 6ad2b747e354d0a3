"""One observer as a process: a store, the rules, whom it follows, and all of a node's HTTP.

Nothing here decides anything; it opens, connects and closes. What an observer lacks beside a node
is consensus: no journal, no pool, no key of the committee.
"""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol, TypeAlias

import structlog
from fastapi import FastAPI

from api.app import create_app
from api.client.upstream import Asking, HttpUpstream
from api.clock import now_ms
from api.hook_news import HookNews
from api.outbound.outbound import Outbound
from api.service import LedgerService
from api.tlog_witness.app import create_witness_app
from api.tlog_witness.own_log import OwnLog
from api.tlog_witness.service import Witness, WitnessedLog
from cli.compose.catalogues import catalogues_at_hand
from cli.compose.certificate_watch import api_certificate
from cli.compose.clock_watch import ClockWatch
from cli.compose.documents import open_issuer
from cli.compose.hooks import open_hooks
from cli.compose.index import OpenIndex, index_works, open_index
from cli.compose.logs import open_log
from cli.compose.opening import opened_chain, up_to_date
from cli.compose.outbound import open_outbound
from cli.compose.running import opened_trust, run_together, told
from cli.compose.serving import http_server, https_files, listen, stop_event
from cli.compose.snapshot_work import make_snapshots
from cli.cosigner import held_cosigner
from cli.failures import CommandError, Exit
from cli.keyfiles import open_key
from cli.settings import OBSERVER_FILE, ObserverSettings
from cli.signers.passphrase import passphrase
from consensus.depths import HostFacts
from consensus.evidence import EvidenceFolder
from consensus.follower import Follower
from consensus.following import FollowingNode
from contracts.executor import BlockExecutor
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.identifiers import NodeId
from ledger.core.signing import Signer
from ledger.errors import InvariantBroken, LedgerError
from ledger.store.leveldb import LevelDBStore
from ledger.trust import TrustRoot

WITNESS_PREFIX: Final = "/witness"


class Work(Protocol):
    """Something that runs as long as the observer does."""

    def run(self) -> Coroutine[object, object, None]:
        """Until cancelled; what it raises ends the observer."""
        ...


Beside: TypeAlias = Callable[[Chain, FollowingNode], Work]


@dataclass(frozen=True, slots=True)
class _Opened:
    """An observer with its store open, before it runs."""

    node: FollowingNode
    service: LedgerService
    clock: ClockWatch
    outbound: Outbound | None
    index: OpenIndex | None
    telling: Callable[[], Coroutine[object, object, None]]
    """The lines to receivers of webhooks."""


async def run_observer(
    settings: ObserverSettings, *, stop_with_parent: bool = False, beside: Beside | None = None
) -> None:
    """Run an observer until SIGTERM or SIGINT, or until it must not go on.

    Args:
        settings: of its folder.
        stop_with_parent: stop as well when standard input closes.
        beside: makes what runs beside it, and ends it where it fails.

    Raises:
        CommandError: `file.*`, `settings.*`, `node.port`.
        LedgerError: `key.*`, `store.*`; `follow.unfit` where a quorum signed what does not hold.
        InvariantBroken: our own fault.
    """
    open_log(settings.log_file, settings.log_level)
    log = structlog.get_logger("observer").bind(node=settings.observer_id)
    trust = opened_trust(settings.trust_file)
    _check(settings, trust)
    secret = passphrase(settings.member_id, settings.passphrase_file)
    signer = open_key(settings.key_file, secret)
    upstreams = _upstreams(settings, trust, signer)
    https = https_files(
        settings.api_certificate_file, settings.api_key_file, settings.folder / OBSERVER_FILE
    )
    stop = stop_event(stop_with_parent=stop_with_parent)
    try:
        if not await up_to_date(settings.database_folder, trust, stop):
            log.info("observer.stopped")
            return
        with (
            _opened(settings, trust, upstreams) as opened,
            held_cosigner(settings, trust, secret, _epochs_of(opened)) as cosigner,
            listen(settings.api_listen) as listening,
        ):
            app = _app(opened, settings, trust, cosigner)
            server = http_server(app, https=https)
            log.info("observer.started", network=trust.network_id.hex(), api=settings.api_url)
            await run_together(_works(opened, beside), server, listening, stop=stop)
    except (LedgerError, InvariantBroken) as problem:
        log.error("observer.failed", **told(problem), exc_info=problem)
        raise
    finally:
        for each in upstreams.values():
            await each.close()
    log.info("observer.stopped")


def _works(opened: _Opened, beside: Beside | None) -> list[Coroutine[object, object, None]]:
    """What runs beside the interface."""
    snapshots = make_snapshots(opened.service.chain)
    works = [opened.node.run(), opened.clock.run(), snapshots, opened.telling()]
    works += index_works(opened.index)
    if beside is not None:
        works.append(beside(opened.service.chain, opened.node).run())
    if opened.outbound is not None:
        works.append(opened.outbound.run(opened.node))
    return works


def _app(
    opened: _Opened, settings: ObserverSettings, trust: TrustRoot, cosigner: WitnessedLog | None
) -> FastAPI:
    """A node's interface; and under ``/witness`` a tlog-witness of this chain where it cosigns."""
    app = create_app(
        opened.service,
        issuer=open_issuer(settings),
        requests_per_address=settings.requests_per_address,
    )
    if cosigner is not None:
        own = OwnLog(opened.service.chain, opened.node, trust)
        witness = Witness([cosigner], lambda: now_ms() // 1000)
        app.mount(WITNESS_PREFIX, create_witness_app(witness, own.look))
    return app


def _epochs_of(opened: _Opened) -> Callable[[TrustRoot], TrustRoot]:
    """Makes of a trust root the one with the epochs that the observer's chain has had."""
    return lambda trust: replace(trust, epochs=opened.service.chain.epochs)


@contextmanager
def _opened(
    settings: ObserverSettings, trust: TrustRoot, upstreams: dict[NodeId, HttpUpstream]
) -> Iterator[_Opened]:
    with ExitStack() as held:
        store = LevelDBStore(settings.database_folder)
        held.callback(store.close)
        catalogue, more = catalogues_at_hand(settings.catalogues)
        chain = opened_chain(store, trust)
        executor = BlockExecutor(chain, catalogue, more)
        follower = Follower(executor, chain.heads, trust.genesis.parameters)
        node = FollowingNode(
            settings.observer_id,
            executor,
            follower,
            upstreams,
            evidence=EvidenceFolder(settings.misconduct_folder, chain.links.up_to),
        )
        watch = ClockWatch()
        outbound = open_outbound(settings, chain, None)
        index = open_index(settings.index_url, chain)
        hooks = open_hooks(settings, trust.network_id, settings.observer_id)
        own = partial(api_certificate, settings.observer_id, settings.api_certificate_file)
        service = LedgerService(
            chain,
            catalogue,
            node,
            None,
            show_all=settings.show_all,
            host=lambda: HostFacts(None, None, watch.facts, own()),
            outbound=outbound,
            hooks=hooks,
            rules=executor,
            engine=None if index is None else index.engine,
        )
        telling = partial(hooks.run, node, HookNews(service))
        yield _Opened(node, service, watch, outbound, index, telling)


def _upstreams(
    settings: ObserverSettings, trust: TrustRoot, signer: Signer
) -> dict[NodeId, HttpUpstream]:
    asking = Asking(trust.network_id, trust.genesis.parameters, settings.member_id, signer)
    return {
        node: HttpUpstream(node, at.url, asking, at.certificate_file)
        for node, at in settings.upstreams.items()
    }


def _check(settings: ObserverSettings, trust: TrustRoot) -> None:
    """An observer has somebody to follow, and takes no node's name."""
    path = str(settings.folder / OBSERVER_FILE)
    for key, wrong in (
        ("observer_id", settings.observer_id in trust.committee),
        ("upstreams", not settings.upstreams or settings.observer_id in settings.upstreams),
    ):
        if wrong:
            reason = settings.observer_id
            raise CommandError(Exit.USAGE, Code.SETTINGS_INVALID, path=path, key=key, reason=reason)
