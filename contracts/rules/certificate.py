"""T62: what the state keeps of a witness certificate, so that it can be found no longer to hold.

Issuing and withdrawing is `contracts.certificates`'; both are derived, and nobody submits them.
Spec: ``docs/spec/contracts.md``.
"""

from contracts.case import Case
from contracts.certificate_rows import Certified, put_certified
from ledger.core.identifiers import Digest
from ledger.errors import InvariantBroken, Rejected


def judge(_: Case) -> Rejected | None:
    """Nothing to refuse: the rules themselves issue it."""
    return None


def apply(case: Case) -> None:
    """Keep what it lists."""
    nodes = case.record.fields["nodes"]
    if not isinstance(nodes, bytes):
        raise InvariantBroken("a certificate was derived without the digest of its nodes")
    held = Certified(case.facts.record_id, Digest(nodes), case.times.index)
    put_certified(case.state, case.record.subject, held)
