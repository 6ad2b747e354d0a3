"""Holds what a test says of alerts: `raises` and `spares` are judged by the ledgers of its towns.

`@pytest.mark.raises("AL19")` on a test, or on a case (`pytest.param(…, marks=…)`), says that the
alert is on a ledger at its end; `@pytest.mark.spares("AL19")` that records which could raise it
are, and the alert is not. `test_alert_stories` asks for one of each for every alert in force.
"""

from collections.abc import Generator

import pytest

from tests.contracts.alert_stories import MARKS, broken_promises
from tests.contracts.town import Town


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Take note of the towns that the fixtures of a marked test found, and of those it will."""
    Town.founded = [] if any(item.get_closest_marker(mark) for mark in MARKS) else None
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test whose towns do not bear out what it is marked with."""
    yield
    towns, Town.founded = Town.founded, None
    if towns is None:
        return
    raises, spares = ([str(mark.args[0]) for mark in item.iter_markers(name)] for name in MARKS)
    broken = broken_promises(towns, raises, spares)
    if broken:
        pytest.fail("; ".join(broken), pytrace=False)
