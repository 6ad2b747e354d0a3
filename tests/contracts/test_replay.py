"""The rules judge a stored chain again: an audit with them finds what no hash can tell."""

from dataclasses import replace
from pathlib import Path

import pytest

from contracts.genesis_rows import genesis_rows
from contracts.replay import Replay
from ledger.audit import audit
from ledger.audit_finding import Finding
from ledger.block_rows import leaf_hashes
from ledger.codes import Code
from ledger.core.effects import BlockEffects
from ledger.core.identifiers import NodeId
from ledger.store.api import Store, Write
from ledger.store.keys import Table
from ledger.store.leveldb import LevelDBStore
from ledger.store.memory import MemoryStore
from tests.contracts.town import CATALOGUE, DAY, START_MS, Town, certify


@pytest.fixture(scope="module")
def town() -> tuple[Town, MemoryStore]:
    """A tender whose document is amended; its deadline passes and timers fire."""
    store = MemoryStore()
    town = Town(store)
    town.announced(START_MS + 30 * DAY)
    town.say("registry", "evidence.deposited", "D-1")
    town.wait_until(START_MS + 60 * DAY)
    return town, store


def findings(town: Town, store: Store, second: Store | None = None) -> list[Finding]:
    judge = Replay(town.genesis, CATALOGUE, second or MemoryStore())
    events = audit(store, town.genesis, genesis_rows(town.genesis), judge)
    return [event for event in events if isinstance(event, Finding)]


def changed(store: Store, *writes: Write) -> MemoryStore:
    copy = MemoryStore()
    copy.write(store.scan(b"", b"\xff"))
    copy.write(writes)
    return copy


def test_a_tender_with_its_alerts_is_judged_again_without_a_finding(
    town: tuple[Town, MemoryStore], tmp_path: Path
) -> None:
    assert town[0].chain.head.height >= 5
    second = LevelDBStore(tmp_path)
    assert findings(*town, second) == []
    second.close()


def test_a_changed_state_row_is_named(town: tuple[Town, MemoryStore]) -> None:
    rows = list(town[1].scan(*Table.STATE.range(b"by/")))
    key, value = rows[len(rows) // 2]
    flipped = bytes([value[0] ^ 1]) + value[1:]
    for write in ((key, flipped), (key, None), (key + b"\x00", value)):
        (finding,) = findings(town[0], changed(town[1], write))
        assert finding.code in {Code.AUDIT_ROW, Code.AUDIT_MISSING}
        assert finding.detail["table"] == "state"


def test_a_certified_block_that_breaks_a_rule_is_named() -> None:
    """A quorum can sign what the rules refuse: every root holds, and judging again sees it."""
    store = MemoryStore()
    town = Town(store)
    town.say("registry", "evidence.deposited", "D-1")
    made = town.block(town.bundle(town.record("registry", "evidence.deposited", "D-2")))
    assert made is not None
    effects = town.executor._judge_block(*made)
    assert isinstance(effects, BlockEffects)
    effects = replace(effects, header=replace(effects.header, proposer=NodeId("stranger")))
    log_root = town.chain.frontier.extend(leaf_hashes(effects)).root()
    header = replace(effects.header, log_root=log_root)
    town.chain.append(replace(effects, header=header), certify(town.genesis, header))
    assert [(each.code, each.height) for each in findings(town, store)] == [(Code.AUDIT_JUDGED, 2)]
