"""One projector as a process: an observer that writes what it has judged into an index.

It follows, verifies and judges as every observer does, into a store of its own, and answers over
HTTP meanwhile; what it writes is read from that store alone.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from api.engines.postgres_writer import opened
from api.engines.projector import Progress, Projector
from cli.compose.opening import opened_chain
from cli.compose.running import opened_trust
from cli.failures import CommandError, Exit
from cli.settings import OBSERVER_FILE, ObserverSettings
from ledger.chain import Chain
from ledger.codes import Code
from ledger.errors import InvariantBroken
from ledger.store.leveldb import LevelDBStore
from ledger.upgrading import Told as Upgrading

if TYPE_CHECKING:
    from consensus.following import FollowingNode

Told = Callable[[Progress], None]


async def run_projector(settings: ObserverSettings, *, stop_with_parent: bool = False) -> None:
    """Run an observer with its projector until SIGTERM or SIGINT, or until it must not go on.

    Args:
        settings: of its folder; `index_url` is of a role that may write.
        stop_with_parent: stop as well when standard input closes.

    Raises:
        CommandError: `settings.missing` without `index_url`; else as `run_observer`.
        LedgerError: `index.*`: the index must not be written to; else as `run_observer`.
    """
    # Who rebuilds or compares needs nothing of HTTP.
    from cli.compose.observer import run_observer

    url = _url(settings)

    def beside(chain: Chain, node: "FollowingNode") -> Projector:
        return Projector(chain, partial(opened, url), node.moved)

    await run_observer(settings, stop_with_parent=stop_with_parent, beside=beside)


async def rebuild_index(settings: ObserverSettings, told: Told, upgrading: Upgrading) -> None:
    """Throw away what stands in the index, and write what the stopped projector's ledger has.

    Args:
        settings: of its folder.
        told: hears how far it is.
        upgrading: hears how far an older database is brought up.

    Raises:
        LedgerError: `index.*`, `store.*`.
    """
    with _stored(settings, upgrading) as chain:
        projector = Projector(
            chain, partial(opened, _url(settings)), _nobody_moves, anew=True, told=told
        )
        await projector.catch_up()


async def check_index(settings: ObserverSettings, told: Told, upgrading: Upgrading) -> None:
    """Compare everything that stands in the index with the stopped projector's ledger.

    Args:
        settings: of its folder.
        told: hears how far it is.
        upgrading: hears how far an older database is brought up.

    Raises:
        LedgerError: `index.disagrees`, naming the block; `index.*`, `store.*`.
    """
    with _stored(settings, upgrading) as chain:
        opening = partial(opened, _url(settings))
        await Projector(chain, opening, _nobody_moves, told=told).check()


@contextmanager
def _stored(settings: ObserverSettings, upgrading: Upgrading) -> Iterator[Chain]:
    trust = opened_trust(settings.trust_file)
    with ExitStack() as held:
        store = LevelDBStore(settings.database_folder)
        held.callback(store.close)
        yield opened_chain(store, trust, upgrading)


def _url(settings: ObserverSettings) -> str:
    if not settings.index_url:
        path = str(settings.folder / OBSERVER_FILE)
        raise CommandError(Exit.USAGE, Code.SETTINGS_MISSING, path=path, key="index_url")
    return settings.index_url


async def _nobody_moves(_: float) -> None:
    raise InvariantBroken("a stopped ledger is waited for")
