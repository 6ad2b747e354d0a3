"""A town whose nodes make snapshots, and a ledger that begins with one."""

from ledger.store.memory import MemoryStore
from tests.contracts.sealing import BIDDERS
from tests.contracts.tendering import EXPERTS, OFFICES, TENDER_ROLES, TenderTown
from tests.contracts.test_joining import fetch, opened, taken
from tests.contracts.test_snapshots import EVERY_THIRD
from tests.contracts.town import Town
from tests.vectors.small_network import signer

BASE = 12


class LongTown(TenderTown):
    """A town whose nodes make snapshots of the state."""

    def __init__(self) -> None:
        Town.__init__(self, MemoryStore(), parameters=EVERY_THIRD, roles=TENDER_ROLES)
        names = (*OFFICES, *EXPERTS, *BIDDERS)
        self.signers |= {name: signer(f"member {name}") for name in names}
        self.at = {}
        self.bids, self.deposits, self.guarantees, self.given = [], [], [], {}

    def go_on(self, height: int = BASE + 4) -> None:
        """Blocks until this height: others can begin with the snapshot after block `BASE`."""
        while self.chain.head.height < height:
            self.say("notary", "evidence.deposited", "D-1")
            while self.chain.snapshots.step():
                pass


def begun(town: Town, base: int | None = BASE) -> Town:
    """A second ledger that began with the snapshot after a block, and has not gone on yet."""
    store = MemoryStore()
    taking = taken(town, store)
    fetch(town, taking, list(taking.missing))
    assert base in (taking.finish(), None)
    return opened(town, store)
