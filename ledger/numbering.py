"""The number of a check on whatever the check raises: one place for every numbered verifier.

Spec: ``docs/spec/receipt.md`` and ``docs/spec/bid_proof.md``.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from ledger.errors import FormatError, VerificationError


@contextmanager
def numbered(step: int) -> Iterator[None]:
    """Put the number of the check on whatever it raises.

    Raises:
        VerificationError: with `step`; a `FormatError` of the check becomes one, same code.
    """
    try:
        yield
    except VerificationError as problem:
        raise problem.at(step) from problem
    except FormatError as problem:
        raise VerificationError(problem.code, step=step, **problem.detail) from problem
