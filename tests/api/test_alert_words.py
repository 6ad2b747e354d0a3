"""Alerts in words: what stands in `because` becomes something that an official can read."""

import pytest

from api.alerts import alert_sentence
from contracts.catalogue import load_catalogue
from ledger.core.canonical import Value
from ledger.core.derived import derived_record
from ledger.core.identifiers import Subject

CATALOGUE = load_catalogue()


def sentence(because: str, language: str = "zh") -> str:
    fields = {"alert": "AL01", "about": "T28", "member": "builder", "because": because}
    record = derived_record("ledger.alert_raised", Subject("P/01"), 0, "AL01", 1, [], fields)
    return alert_sentence(CATALOGUE, record, language).partition("尚缺：")[2].rstrip("。")


@pytest.mark.parametrize(
    ("because", "told"),
    [
        # Nodes of a profile, by code.
        ("T20", "递交回执"),
        ("T20 T22", "递交回执、截标封存"),
        ("T05|T06 T22", "进场受理或进场承诺、截标封存"),
        ("T20 T22 +3", "递交回执、截标封存、+3"),
        # Clauses of the data that name types.
        ("tender.bid_receipt", "递交回执"),
        ("tender.bid_receipt@ref:follows", "递交回执"),
        ("tender.bid_receipt:each(tender.bid_submitted)", "递交回执"),
        ("tender.objection | tender.complaint", "异议或投诉"),
        # What is neither stands as it is.
        ("none_open(tender.objection)", "none_open(tender.objection)"),
        ("tender.objection | alert(*)", "tender.objection | alert(*)"),
        ("+3 of them", "+3 of them"),
    ],
)
def test_nodes_and_clauses_become_names(because: str, told: str) -> None:
    assert sentence(because) == told


@pytest.mark.parametrize(
    ("because", "zh", "en"),
    [
        (
            "before(tender.announcement.bid_deadline_ms)",
            "须在“招标公告/资格预审公告/投标邀请”载明的“投标截止时间”之前",
            "to come before the “Bid deadline” of “Tender announcement”",
        ),
        ("after(bid_preparation)", "须在“", "to come after the time set by “"),
        ("before(tender.nothing.at_ms)", "before(", "before("),
    ],
)
def test_a_clause_about_a_time_names_the_field_that_says_it(because: str, zh: str, en: str) -> None:
    assert sentence(because).startswith(zh)
    assert _in_english(because).startswith(en)


def _in_english(because: str) -> str:
    fields = {"alert": "AL01", "about": "T28", "member": "builder", "because": because}
    record = derived_record("ledger.alert_raised", Subject("P/01"), 0, "AL01", 1, [], fields)
    return alert_sentence(CATALOGUE, record, "en").partition("missing: ")[2]


def test_the_other_language_says_the_same() -> None:
    record = derived_record(
        "ledger.alert_raised",
        Subject("P/01"),
        0,
        "AL01",
        1,
        [],
        {"alert": "AL01", "about": "T28", "member": "builder", "because": "T05|T06 T22"},
    )
    assert alert_sentence(CATALOGUE, record, "en").endswith(
        "missing: Project accepted into the venue or Entry commitment, "
        "Bid set sealed at the deadline."
    )


def test_a_limit_that_no_calendar_has_is_told_as_it_was_said() -> None:
    beyond_ms = (1 << 53) - 1
    fields: dict[str, Value] = {
        "alert": "AL02",
        "about": "T28",
        "deadline": "bid_preparation",
        "due_ms": beyond_ms,
    }
    record = derived_record("ledger.alert_raised", Subject("P/01"), 0, "AL02", 1, [], fields)
    assert f"{beyond_ms} ms" in alert_sentence(CATALOGUE, record, "zh")
