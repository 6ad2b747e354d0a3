"""Witness certificates: issued by the rules when a section is complete, withdrawn when it is not.

Asked at the end of a block, once for each section that something happened to; a section that has
not asked costs three look-ups. Nobody applies for a certificate and nobody can refuse one. Spec:
``docs/spec/contracts.md``.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from contracts.certificate_rows import Certified, certified, profiled, put_profiled
from contracts.completeness import Completeness, NodeState, completeness, followed
from contracts.state import State
from contracts.tables import CERTIFICATE
from contracts.verdict import Certify, Review, Times, Withdraw, World
from ledger.core.identifiers import Digest, RecordId, Subject
from ledger.core.witness import nodes_digest
from ledger.errors import InvariantBroken

OPEN_MATTER: Final = "open_matter"
INCOMPLETE: Final = "node_gone"
CHANGED: Final = "nodes_changed"
"""Why a certificate is withdrawn: keys of ``reasons.toml``."""


def sections(reviews: Iterable[Review], state: State) -> tuple[Subject, ...]:
    """The subjects to be asked, each once, in the order in which something happened to them."""
    found: dict[Subject, None] = {}
    for review in reviews:
        found[review.subject] = None
        if "/" not in review.subject:
            found |= dict.fromkeys(profiled(state, review.subject))
    return tuple(found)


def conclude(
    subject: Subject, world: World, state: State, as_of: Times
) -> Iterator[Withdraw | Certify]:
    """What follows for one section from the block as it now stands.

    Args:
        subject: a section, or a project without sections.
        world: whose catalogue and limits hold.
        state: with every record of the block in it.
        as_of: the position of the first conclusion.
    """
    profile = followed(subject, world.catalogue, state, as_of)
    if profile is None:
        return
    put_profiled(state, subject)
    held = _in_force(subject, state, as_of)
    if held is None and not state.exists(subject, profile.asked_by, as_of):
        return
    found = completeness(subject, world.catalogue, state, as_of, optional=False)
    if held is not None:
        because = _broken(found, held)
        if not because:
            return
        yield Withdraw(subject, because, (held.record_id, *_told(found, world)))
    if found.certifiable:
        yield _certify(found, world, state, as_of)


def listed_digest(found: Completeness, before_index: int | None = None) -> Digest:
    """The digest over the records of every mandatory node.

    Args:
        found: of a section that follows a profile.
        before_index: leave out what took effect at this index or later; None for nothing.
    """
    nodes = [
        (
            each.node.types,
            [
                record.record_id
                for record in each.counted.records
                if before_index is None or record.at.index < before_index
            ],
        )
        for each in found.mandatory
    ]
    if found.ended is not None:
        # It is below any certificate: nothing is asked for before the file is closed.
        nodes.append(((found.ended.type,), [found.ended.record_id]))
    key, version = (found.profile.key, found.profile.version) if found.profile else ("", 0)
    return nodes_digest(key, version, nodes)


def _in_force(subject: Subject, state: State, as_of: Times) -> Certified | None:
    held = certified(state, subject)
    if held is None or held.record_id not in state.open(subject, CERTIFICATE, as_of):
        return None
    return held


def _broken(found: Completeness, held: Certified) -> str:
    """Why a certificate no longer holds; empty where it does."""
    if found.open:
        return OPEN_MATTER
    if not found.certifiable:
        return INCOMPLETE
    return CHANGED if listed_digest(found, held.index) != held.nodes else ""


def _told(found: Completeness, world: World) -> tuple[RecordId, ...]:
    """What is open, as far as everybody may know of it."""
    types = world.catalogue.types
    open_to_all = {name for name, kind in types.items() if kind.visibility == "public"}
    shown = (each for each in found.open if each.type in open_to_all)
    room = world.parameters.refs_max - 1
    return tuple(each.record_id for each in shown)[:room]


def _certify(found: Completeness, world: World, state: State, as_of: Times) -> Certify:
    """The certificate: what was asked for first, then the first record of each node."""
    if found.profile is None:
        raise InvariantBroken("a section without a profile was found complete")
    nodes = tuple(found.mandatory)
    asking = (each for each in nodes if found.profile.asked_by in each.node.types)
    first = {
        each.counted.records[0].record_id: None
        for each in (*asking, *nodes)
        if each.counted.records
    }
    if found.ended is not None:
        first[found.ended.record_id] = None
    states = [each.state for each in nodes]
    return Certify(
        subject=found.subject,
        profile=found.profile.key,
        profile_version=found.profile.version,
        terminated=found.ended is not None,
        issue=1 + sum(1 for _ in state.records(found.subject, CERTIFICATE, as_of)),
        nodes=listed_digest(found),
        node_count=len(nodes),
        record_count=sum(len(each.counted.records) for each in nodes),
        late_count=states.count(NodeState.LATE),
        out_of_order_count=states.count(NodeState.OUT_OF_ORDER),
        rests_on=tuple(first)[: world.parameters.refs_max],
    )
