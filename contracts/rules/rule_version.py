"""X12: a version of the catalogue is adopted; it judges from the next block on.

No node refuses one for lack of its files, because then nodes would differ: who lacks them stops
before the next block. Spec: ``docs/spec/contracts.md``.
"""

import re
from typing import Final, cast

from contracts import version_rows
from contracts.case import Case
from contracts.versions import VERSIONS_MAX
from ledger.codes import Code
from ledger.core.identifiers import Digest
from ledger.errors import Rejected

_NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,31}")


def judge(case: Case) -> Rejected | None:
    """Refuse a name that cannot be one, or names a version already; and one version too many."""
    version = str(case.record.fields["version"])
    if not _NAME.fullmatch(version):
        return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": "version"})
    if version_rows.is_adopted(case.state, version):
        return Rejected(Code.CATALOGUE_ADOPTED, {"version": version})
    if version_rows.adopted_count(case.state) >= VERSIONS_MAX:
        return Rejected(Code.CATALOGUE_VERSIONS, {"limit": VERSIONS_MAX})
    return None


def apply(case: Case) -> None:
    """Adopt it."""
    fields = case.record.fields
    digest = Digest(cast(bytes, fields["catalogue"]))
    version_rows.put_adopted(case.state, str(fields["version"]), digest, case.times)
