"""Whether a folder may run as a node of this network, before anything of it is opened to others."""

from cli.compose.acquaintances import acquaintances
from cli.compose.destroying import DESTROYED_FILE, has_retired
from cli.compose.own_tls import PEERS_FOLDER
from cli.failures import CommandError, Exit
from cli.settings import NODE_FILE, Settings
from cli.signers.standing import NodeKeys
from ledger.chain import Chain
from ledger.codes import Code


def check_not_retired(settings: Settings) -> None:
    """A node that left the committee has destroyed its keys, and cannot run again.

    Raises:
        CommandError: `node.retired`.
    """
    if has_retired(settings):
        path = str(settings.folder / DESTROYED_FILE)
        raise CommandError(Exit.REFUSED, Code.NODE_RETIRED, node=settings.node_id, path=path)


def check_seat(settings: Settings, chain: Chain, keys: NodeKeys) -> None:
    """The node is of some committee so far, or says that it joins; it holds the keys of its place.

    Raises:
        CommandError: `node.not_member`, `node.foreign_key`, `settings.invalid` where the address
            of a node of the first committee is lacking, or somebody has one who is nobody.
    """
    own, committees = settings.node_id, chain.epochs.committees
    if not settings.joining and all(own not in committee for committee in committees):
        raise CommandError(Exit.USAGE, Code.NODE_NOT_MEMBER, node=own)
    keys.check(chain.committee, own)
    expected = set(chain.committee) - {own}
    known = acquaintances(chain, settings, settings.tls_folder / PEERS_FOLDER)
    lacking = {peer for peer in expected if peer not in known or known[peer].address is None}
    begun = len(committees) == 1 and not settings.joining
    strange = set(settings.peers) - set(known) if begun else set[str]()
    if begun and (odd := sorted({*lacking, *strange})):
        path, reason = str(settings.folder / NODE_FILE), " ".join(odd)
        raise CommandError(Exit.USAGE, Code.SETTINGS_INVALID, path=path, key="peers", reason=reason)
