"""S01 S05 S06 S10: an electronic seal has one owner, is made as applied for, and gets a status.

The owner is whoever applied first under the seal's id. Who may make and publish is the type's data:
one provincial role each, and anybody else is refused. Spec: ``docs/spec/contracts.md``.
"""

from typing import Final, cast

from contracts import eseal_rows, standing
from contracts.case import Case
from contracts.eseal_rows import SealRow
from ledger.codes import Code
from ledger.core.identifiers import Digest, MemberId
from ledger.core.status import SINCE_GENESIS
from ledger.errors import InvariantBroken, Rejected

PERSONAL: Final = "personal_name"


def judge_application(case: Case) -> Rejected | None:
    """Refuse another's seal id, an application for somebody else, and a person's name in clear."""
    fields = case.record.fields
    if fields.get("on_behalf_of", case.record.issuer) != case.record.issuer:
        return _field(case, "on_behalf_of")
    if fields["seal_type"] == PERSONAL and "name" in fields:
        return _field(case, "name")
    return _check_owner(case, missing=None)


def judge_made(case: Case) -> Rejected | None:
    """Refuse a seal of another type than was applied for."""
    applied = case.state.records(case.record.subject, eseal_rows.APPLICATION, case.times)
    newest = [row for each in applied if (row := case.state.record(each)) is not None]
    if not newest or newest[-1].kept.get("seal_type") != case.record.fields["seal_type"]:
        return _field(case, "seal_type")
    return None


def apply_made(case: Case) -> None:
    """Keep image and certificate for the status that is published of it."""
    fields = case.record.fields
    image, certificate = fields["image"], fields["seal_certificate"]
    eseal_rows.put_made(
        case.state,
        case.record.subject,
        Digest(cast(bytes, image)),
        Digest(cast(bytes, certificate)),
    )


def apply_published(case: Case) -> None:
    """Begin the seal's first spell: valid."""
    state, seal = case.state, str(case.record.subject)
    owner = eseal_rows.owner_of(state, seal, case.times)
    found = eseal_rows.made(state, seal)
    if owner is None or found is None:
        raise InvariantBroken("a seal is published that nobody applied for, or made")
    image, certificate = found
    status = str(case.record.fields["status"])
    row = SealRow(SINCE_GENESIS, seal, status, owner, image, certificate, case.facts.record_id)
    eseal_rows.begin(state, row, case.times)


def judge_authorisation(case: Case) -> Rejected | None:
    """Refuse a grant by anyone but the owner, and one to nobody."""
    grantee = MemberId(cast(str, case.record.fields["grantee"]))
    if not standing.is_member(case.state, grantee, case.times):
        return Rejected(Code.MEMBER_UNKNOWN, {"member": grantee})
    return _check_owner(case, missing=Rejected(Code.SEAL_OWNER, _whose(case, "")))


def judge_nothing(_: Case) -> Rejected | None:
    """All that is refused is said by data."""
    return None


def apply_nothing(_: Case) -> None:
    """Nothing to write beside what the state keeps of every record."""


def _check_owner(case: Case, missing: Rejected | None) -> Rejected | None:
    owner = eseal_rows.owner_of(case.state, case.record.subject, case.times)
    if owner is None:
        return missing
    if owner == case.record.issuer:
        return None
    return Rejected(Code.SEAL_OWNER, _whose(case, owner))


def _whose(case: Case, owner: str) -> dict[str, str]:
    return {"seal": str(case.record.subject), "owner": owner}


def _field(case: Case, name: str) -> Rejected:
    return Rejected(Code.RECORD_FIELD_VALUE, {"type": case.kind.key, "field": name})
