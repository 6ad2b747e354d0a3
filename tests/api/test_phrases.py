"""What anybody is told about the end of a node: why, and nothing of its disk."""

from api.phrases import REASON_MAX, Problem, plain, reason, rendered
from ledger.codes import Code
from ledger.errors import InvariantBroken, StoreError


def test_of_a_path_only_the_last_name_is_told() -> None:
    failed = StoreError(Code.STORE_IO, path="/srv/secret/nodes/centre/db", reason="EIO")
    for language in ("zh", "en"):
        said = reason(failed, language)
        assert "db" in said and "secret" not in said
        assert rendered(Problem(failed), language) == said
    assert plain(Problem(failed)) == "store.io"


def test_what_an_exception_says_is_bounded() -> None:
    broken = InvariantBroken("x" * 10_000)
    assert len(reason(broken, "en")) == REASON_MAX
    assert len(str(plain(Problem(broken)))) == REASON_MAX
