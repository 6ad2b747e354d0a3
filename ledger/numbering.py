"""The numbers of checks that several verifiers give, and how one is put on a refusal.

Spec: ``docs/spec/receipt.md``, ``docs/spec/sealed.md``, ``docs/spec/bid_proof.md``,
``docs/spec/certificate_pdf.md`` and ``docs/spec/status_answer.md``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ledger.errors import FormatError, VerificationError

NETWORK_STEP: Final = 2
SEALED_STEP: Final = 9
DOCUMENT_STEP: Final = 10
COMMITMENT_STEP: Final = 11
DEADLINE_STEP: Final = 12
SET_STEP: Final = 13
CERTIFICATE_STEP: Final = 14
PDF_SIGNATURE_STEP: Final = 15
STATUS_STEP: Final = 16
STATEMENTS_STEP: Final = 17


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
