"""StoppedLog: the log in the folder of a node or observer that does not run, read like a node's."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from api.published import Published
from cli.compose.opening import opened_chain
from cli.documents import unreadable
from cli.settings import ObserverSettings, Settings
from cli.signers.passphrase import passphrase
from cli.signers.standing import log_signer_of, open_keys
from ledger.chain import Chain
from ledger.core.tiles import TilePath
from ledger.epoch_links import led
from ledger.store.leveldb import LevelDBStore
from ledger.trust import TrustRoot
from ledger.upgrading import Told


class StoppedLog:
    """A `LogSource` over a chain that nobody else has open."""

    def __init__(self, chain: Chain, published: Published) -> None:
        self._chain = chain
        self._published = published

    def checkpoint(self) -> bytes:
        """The newest cosigned head, signed by the node's log key as well."""
        return self._published.note()

    def read(self, path: TilePath) -> bytes:
        """A tile or an entry bundle."""
        return self._chain.tiles.read(path, self._chain.cosigned_size)

    def follow(self, trust: TrustRoot) -> TrustRoot:
        """The trust root with the epochs that this chain has had."""
        chain = self._chain
        return led(trust, chain.links.up_to(chain.epochs.newest.epoch))


@contextmanager
def stopped_log(
    settings: Settings | ObserverSettings, trust: TrustRoot, told: Told
) -> Iterator[StoppedLog]:
    """The log of the stopped node or observer of `settings`.

    A node's log key signs the checkpoint; an observer shows what the nodes signed that it followed.

    Args:
        settings: of its folder.
        trust: of its network.
        told: hears how far an older database is brought up.

    Raises:
        CommandError: `file.unreadable`, `key.no_passphrase`, `node.*`.
        LedgerError: `key.*`, `store.locked` while the node runs, `store.*`.
    """
    if not settings.database_folder.is_dir():
        raise unreadable(settings.database_folder, FileNotFoundError(2, "No such file"))
    keys = None
    if isinstance(settings, Settings):
        opened_with = passphrase(settings.node_id, settings.passphrase_file)
        keys = open_keys(settings.keys_folder, opened_with)
    with closing(LevelDBStore(settings.database_folder)) as store:
        chain = opened_chain(store, trust, told)
        signer = None
        if keys is not None:
            keys.check(chain.committee, settings.node_id)
            signer = log_signer_of(keys, settings.node_id, lambda: chain.committee)
        yield StoppedLog(chain, Published(chain, signer))
