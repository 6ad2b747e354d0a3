"""The bench of the rules measures a record that the judge accepts and that no rule is about."""

from bench.rules import plain_case
from contracts.alerts import ALERT_RULES


def test_the_plain_record_concerns_no_family_of_alerts() -> None:
    case = plain_case()
    assert not case.kind.alerts
    assert [name for name, rule in ALERT_RULES.items() if rule(case)] == []
