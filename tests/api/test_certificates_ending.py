"""Certificates that end: said sixty, thirty and seven days before, and ever after."""

from dataclasses import replace

import pytest

from api.certificates_ending import DAY_MS
from api.diagnose import findings_form
from api.finding import Finding, Severity, Standing
from api.findings import findings
from api.phrases import plain
from consensus.depths import CertificateFacts, CertificateUse, DiskFacts, HostFacts
from tests.api.test_diagnose import NOW_MS, said, status

DISK = DiskFacts(1, 1, 1, 1, 1 << 40)


def standing(use: CertificateUse, left_ms: int, now_ms: int = NOW_MS) -> Standing:
    ending = CertificateFacts(use, "b", NOW_MS + left_ms)
    return Standing(replace(status(), now_ms=now_ms), host=HostFacts(DISK, None, None, (ending,)))


def found(use: CertificateUse, left_ms: int) -> Finding | None:
    told = findings(standing(use, left_ms))
    return next((each for each in told if "certificate" in each.code.value), None)


@pytest.mark.parametrize("use", CertificateUse)
@pytest.mark.parametrize(
    ("left_ms", "severity"),
    [
        (60 * DAY_MS + 1, None),
        (60 * DAY_MS, Severity.NOTICE),
        (30 * DAY_MS + 1, Severity.NOTICE),
        (30 * DAY_MS, Severity.WARNING),
        (7 * DAY_MS + 1, Severity.WARNING),
        (7 * DAY_MS, Severity.SERIOUS),
        (0, Severity.SERIOUS),
        (-400 * DAY_MS, Severity.SERIOUS),
    ],
)
def test_it_is_said_three_times_before_and_stays_said(
    use: CertificateUse, left_ms: int, severity: Severity | None
) -> None:
    one = found(use, left_ms)
    assert (None if one is None else one.severity) == severity
    if one is not None:
        assert one.code.value == f"diagnose.certificate_{use.value}"
        assert one.section == f"docs/operations.md#certificate_{use.value}"


def test_a_notice_leaves_the_network_well() -> None:
    told = findings(standing(CertificateUse.OWN, 50 * DAY_MS))
    assert [each.code.value for each in told] == ["diagnose.fine", "diagnose.certificate_own"]


@pytest.mark.parametrize("use", CertificateUse)
def test_the_sentence_has_the_day_how_long_and_the_command_to_run(use: CertificateUse) -> None:
    zh, en = said(standing(use, 12 * DAY_MS))
    one = found(use, 12 * DAY_MS)
    assert one is not None
    assert plain(one.facts["until"]) == "1970-01-13"
    assert "1970-01-13" in zh and "1970-01-13" in en
    assert "ends in 12 d" in en and "12 天后到期" in zh
    command = "node run FOLDER" if use is CertificateUse.API else "network rotate FOLDER --key tls"
    assert f"`bidwitness {command}`" in en and f"`bidwitness {command}`" in zh
    _, en = said(standing(use, -12 * DAY_MS))
    assert "ended 12 d ago" in en


def test_a_program_reads_the_same() -> None:
    (form,) = [
        each
        for each in findings_form(findings(standing(CertificateUse.PEER, 5 * DAY_MS)))
        if isinstance(each, dict) and each["code"] == "diagnose.certificate_peer"
    ]
    assert form["severity"] == "serious"
    facts = form["facts"]
    assert isinstance(facts, dict)
    assert (facts["node"], facts["ends"]) == ("b", {"ms": 5 * DAY_MS})
