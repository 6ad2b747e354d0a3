"""The state before height 1: what the genesis says of members, keys, roles, committee, catalogue.

A founder counts as registered, bound and granted, as if the records of it stood at the index before
the first entry; so must-follow needs no exception for the first day. Spec:
``docs/spec/genesis.md``.
"""

from contracts import committee_rows, layout, standing
from contracts.overlay import EmptyState, Overlay
from contracts.state import State
from contracts.tables import VERSION, Catalogue
from ledger.codes import Code
from ledger.core.canonical import encode
from ledger.core.epochs import CommitteeRow
from ledger.core.genesis import Founder, Genesis
from ledger.core.status import PREFIX, SINCE_GENESIS
from ledger.errors import FormatError


def genesis_rows(genesis: Genesis) -> dict[bytes, bytes]:
    """Every row that the genesis writes, by key.

    Args:
        genesis: decoded, hence with its keys checked.
    """
    overlay = Overlay(EmptyState())
    state = State(overlay)
    for founder in genesis.members:
        _enrol(state, founder)
        _stand_in(overlay, genesis, founder)
    for node in genesis.committee.nodes:
        standing.put_key_taken(state, node.node_key, node.node_id)
        standing.put_key_taken(state, node.log_key, node.node_id)
    committee_rows.put_epoch(state, CommitteeRow(SINCE_GENESIS, genesis.committee))
    catalogue_row = encode((SINCE_GENESIS.value(), genesis.catalogue_hash))
    overlay.put(PREFIX, f"catalogue/{VERSION}".encode(), catalogue_row)
    overlay.keep()
    return {key: value for key, value in overlay.writes() if value is not None}


def check_single(genesis: Genesis, catalogue: Catalogue) -> None:
    """Require that a role which one member holds at a time has one founder at most.

    Raises:
        FormatError: `genesis.invalid`.
    """
    for name in (key for key, role in catalogue.roles.items() if role.single):
        holders = [
            founder.member_id
            for founder in genesis.members
            if any(role.name == name for role in founder.roles)
        ]
        if len(holders) > 1:
            raise FormatError(Code.GENESIS_INVALID, what=f"{name}: {', '.join(holders)}")


def _enrol(state: State, founder: Founder) -> None:
    """Member, keys and roles of a founder, in force since ever."""
    facts = {
        "kind": founder.kind,
        "name_zh": founder.name_zh,
        "name_en": founder.name_en,
        "credit_code": founder.credit_code,
    }
    standing.put_member(state, founder.member_id, SINCE_GENESIS, facts)
    for public_key in founder.keys:
        standing.put_key(state, founder.member_id, public_key, SINCE_GENESIS)
    for role in founder.roles:
        standing.put_role(state, founder.member_id, role.name, role.scope, None, SINCE_GENESIS)


def _stand_in(overlay: Overlay, genesis: Genesis, founder: Founder) -> None:
    """The genesis stands for the records that a later member would have."""
    stands_for = ["tender.subject_registered"]
    if founder.keys:
        stands_for.append("ledger.key_bound")
    if founder.roles:
        stands_for.append("ledger.role_changed")
    if any(node.member_id == founder.member_id for node in genesis.committee.nodes):
        stands_for.append("ledger.node_admitted")
    for type_key in stands_for:
        group = layout.by_group(founder.member_id, type_key)
        overlay.put(group, layout.place(layout.GENESIS_INDEX), genesis.network_id)
