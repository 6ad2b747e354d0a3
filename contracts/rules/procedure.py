"""T09 chooses the procedure profile of its section; nothing chooses one that is not there.

An announcement that names none leaves the section without a profile, as those before there were
any: nothing is missed in it, and nothing certified. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final

from contracts.case import Case
from ledger.codes import Code
from ledger.errors import Rejected

FIELD: Final = "procedure"


def judge(case: Case) -> Rejected | None:
    """Refuse a profile that the catalogue does not have."""
    chosen = case.record.fields.get(FIELD)
    if chosen is None or chosen in case.facts.world.catalogue.profiles:
        return None
    return Rejected(Code.RECORD_PROCEDURE, {"type": case.kind.key, "name": str(chosen)})


def apply(_: Case) -> None:
    """Nothing to write: the state keeps the field."""
