"""The executor over the real chain: what a block does, what leaves no trace, what is the same twice."""

from contracts.executor import Fit
from ledger.codes import Code
from ledger.errors import Rejected
from tests.contracts.town import Town


def test_a_record_enters_and_its_bundle_is_known_afterwards() -> None:
    town = Town()
    bundle = town.bundle(town.record("notary", "evidence.deposited", "文件-1"))
    assert town.executor.judge(bundle, town.now_ms) == Fit(1)
    header = town.commit(bundle)
    assert header is not None and header.entry_count == 1 and header.log_size == 2
    verdict = town.executor.judge(bundle, town.now_ms)
    assert isinstance(verdict, Rejected) and verdict.code is Code.BUNDLE_KNOWN
    assert town.commit(bundle) is None
