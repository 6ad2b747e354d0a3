"""Every test here needs a C compiler for the shim, and says so where there is none."""

import pytest

from tests.failpoints.plan import compiler


@pytest.fixture(scope="session", autouse=True)
def _a_compiler() -> None:
    if compiler() is None:
        pytest.skip("no C compiler: install gcc and libc6-dev")
