"""What Hubei's system of seals promises, in its own words: each promise is a test.

That a city's own node cannot bring a seal in is told once more on real nodes, by the stories.
"""

import hashlib

import pytest

from ledger.codes import Code
from ledger.core import merkle
from ledger.core.batch import document_leaf, document_tree
from ledger.core.identifiers import Digest
from tests.contracts.seals import SEAL, SEAL_ROLES, SealTown
from tests.contracts.town import GRACE, SECOND

FRESH_MS = 60 * SECOND
DOCUMENTS = 5_000


@pytest.fixture
def stamped() -> SealTown:
    """A town with a published seal and a connected system."""
    town = SealTown()
    town.published()
    town.connected()
    return town


def test_避免无效电子印章的使用(stamped: SealTown) -> None:
    """Hubei: a seal is suspended, and its next use is refused."""
    before = stamped.use()
    suspension = stamped.suspended()
    asked = stamped.use(status="suspended")
    assert stamped.refused("builder", "seal.used", SEAL, fields=asked) is Code.SEAL_NOT_VALID
    # Nor does an answer from before help, once it is no longer fresh.
    late = stamped.chain.head.time_ms + FRESH_MS + GRACE + SECOND
    refused = stamped.refused("builder", "seal.used", SEAL, late, fields=before)
    assert refused is Code.SEAL_NOT_VALID
    assert stamped.alerts() == []
    stamped.resumed(suspension)
    stamped.say("builder", "seal.used", SEAL, fields=stamped.use())
    assert stamped.alerts() == []


@pytest.mark.parametrize("member", sorted(set(SEAL_ROLES) - {"maker"}))
def test_各市州不再建电子印章制作系统(member: str) -> None:
    """Hubei: a city's node tries to make a seal, and consensus refuses it."""
    town = SealTown()
    cites, fields = town.approved()
    refused = town.refused(member, "seal.made", SEAL, refs=cites, fields=fields)
    assert refused is Code.RECORD_SINGLE_WRITER
    town.say("maker", "seal.made", SEAL, refs=cites, fields=fields)


@pytest.mark.parametrize(("declared", "told"), [(0, []), (1, [("AL27", "batch_count")])])
def test_批量处理(stamped: SealTown, declared: int, told: list[tuple[str, str]]) -> None:
    """Hubei: very many documents in one record, each proves alone; a wrong count raises AL27.

    The million is `python -m bench.seals`.
    """
    documents = [(Digest(hashlib.sha256(b"%d" % each).digest()), each) for each in range(DOCUMENTS)]
    tree = document_tree(documents)
    cites = [("follows", stamped.permitted(permitted_count=DOCUMENTS))]
    fields = stamped.batch(root=tree.root, count=DOCUMENTS + declared)
    stamped.say("city", "seal.used_in_batch", SEAL, refs=cites, fields=fields)
    assert stamped.alerts() == told
    for index in (0, 1_234, DOCUMENTS - 1):
        leaf = merkle.leaf_hash(document_leaf(*documents[index]))
        merkle.verify_inclusion(leaf, index, DOCUMENTS, tree.path(index), tree.root)
