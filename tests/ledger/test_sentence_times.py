"""Times within sentences are told to people, whatever a node has put into its facts."""

import pytest

from ledger.codes import Code
from ledger.words import sentence
from ledger.words.moments import span

EXPIRED_MS = 1_767_225_600_000
HOUR_MS = 3_600_000


def test_an_expired_bundle_is_told_in_beijing_time_and_how_long_ago() -> None:
    facts = {"expires_at_ms": EXPIRED_MS, "time_ms": EXPIRED_MS + 3 * HOUR_MS + 20 * 60_000}
    english, chinese = (sentence(Code.BUNDLE_EXPIRED, facts, each) for each in ("en", "zh"))
    assert "at 2026-01-01 08:00:00 +08:00, 3 h 20 min before" in english
    assert "2026-01-01 08:00:00 +08:00" in chinese and "早 3 小时 20 分" in chinese
    assert str(EXPIRED_MS) not in english + chinese


def test_an_early_bundle_is_told_likewise() -> None:
    facts = {"created_at_ms": EXPIRED_MS + 26 * HOUR_MS, "time_ms": EXPIRED_MS}
    assert "2026-01-02 10:00:00 +08:00, 1 d 2 h after" in sentence(Code.BUNDLE_EARLY, facts, "en")
    assert "晚 1 天 2 小时" in sentence(Code.BUNDLE_EARLY, facts, "zh")


def test_since_when_a_seal_is_suspended_is_told_in_beijing_time() -> None:
    facts: dict[str, str | int] = {"seal": "SEAL-620100-0001", "status": "suspended"}
    facts["since_ms"] = EXPIRED_MS
    for language in ("en", "zh"):
        told = sentence(Code.SEAL_NOT_VALID, facts, language)
        assert "2026-01-01 08:00:00 +08:00" in told and str(EXPIRED_MS) not in told


@pytest.mark.parametrize("said", [-1, 1 << 70, 10**4299, "yesterday"])
def test_a_time_that_a_node_makes_up_is_no_time(said: int | str) -> None:
    told = sentence(Code.BUNDLE_EXPIRED, {"expires_at_ms": said, "time_ms": EXPIRED_MS}, "en")
    assert "expired at ?, ? before" in told


def test_a_span_has_its_two_greatest_units() -> None:
    assert span(61_000, "en") == span(-61_999, "en") == "1 min 1 s"
    assert span(2 * 24 * HOUR_MS + 5_000, "zh") == "2 天 5 秒"
    assert span(999, "zh") == "0 秒"
