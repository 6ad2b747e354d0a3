"""Lists every skipped test by name, and makes a skip a failure where everything is required.

A skip that nobody sees is a test that does not exist. So each run ends with the list, and with
`REQUIRE_ALL=1` (as in CI) the run fails when the list is not empty. Tests that read the real data,
which is not part of the project, may be excused with `ALLOW_ABSENT_DATA=1`.
"""

import os
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

# A property is never refused because the machine was busy.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent
REAL_DATA = ROOT.parent / "shared" / "data"
ABSENT_DATA = "real data absent: ../shared/data"

# Workers report to the controller, several of them the same skipped module: so a dict, not a list.
_skipped: dict[str, str] = {}


@pytest.fixture(autouse=True)
def _no_log_lines() -> None:
    """A node inside the test's own process logs nowhere: a command beside it owns the output."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data from public sources; the test is skipped where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip(ABSENT_DATA)
    return REAL_DATA


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the slow ones: they mostly wait, and nobody should wait for them at the end.

    What belongs to a campaign is left to `make campaigns`, which sets `CAMPAIGNS=1`.
    """
    if os.environ.get("CAMPAIGNS") != "1":
        left = [each for each in items if each.get_closest_marker("campaign") is not None]
        config.hook.pytest_deselected(items=left)
        items[:] = [each for each in items if each.get_closest_marker("campaign") is None]
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember a test that was skipped, and why."""
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped[report.nodeid] = _reason(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Remember a whole module that was skipped, and why."""
    if report.skipped:
        _skipped[report.nodeid] = _reason(report)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn skipped tests into a failed run where everything is required."""
    if _must_run() and session.exitstatus in (
        pytest.ExitCode.OK,
        pytest.ExitCode.NO_TESTS_COLLECTED,
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End the run with the names of what did not run."""
    if not _skipped:
        return
    terminalreporter.section(f"{len(_skipped)} skipped")
    for name, reason in sorted(_skipped.items()):
        terminalreporter.line(f"{name}: {reason}")
    if must := _must_run():
        terminalreporter.line(
            f"REQUIRE_ALL=1: {len(must)} of them had to run, so this is a failure."
        )


def _must_run() -> list[str]:
    if os.environ.get("REQUIRE_ALL") != "1":
        return []
    data_excused = os.environ.get("ALLOW_ABSENT_DATA") == "1"
    return [
        name for name, reason in _skipped.items() if not (data_excused and "shared/data" in reason)
    ]


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return str(report.longrepr)
