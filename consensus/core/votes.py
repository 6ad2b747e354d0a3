"""Counts votes of one height, and can only count.

It knows no rounds, timers or roles: who voted, in which phase and view, for what. It never judges a
signature, and its memory is bounded per node, so nobody can push out another node's votes.
"""

from collections.abc import Iterator

from consensus.core.messages import Phase, SignatureOf, Vote
from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.identifiers import HeaderHash, NodeId, View
from ledger.errors import VerificationError


class VoteBook:
    """Every node's votes of one height, at most `views_max` views per node and phase."""

    __slots__ = ("_committee", "_of", "_views_max")

    def __init__(self, committee: Committee, views_max: int) -> None:
        self._committee = committee
        self._views_max = views_max
        self._of: dict[tuple[NodeId, Phase], dict[View, Vote]] = {
            (node, phase): {} for node in committee for phase in Phase
        }

    def known(self, vote: Vote) -> Vote | None:
        """What the same node said in the same phase and view, if it is remembered."""
        views = self._of.get((vote.node, vote.phase))
        return None if views is None else views.get(vote.slot.view)

    def add(self, vote: Vote) -> None:
        """Remember a verified vote; the first word of a node in a slot is the one that counts.

        Raises:
            VerificationError: `certificate.invalid` for a stranger.
        """
        views = self._of.get((vote.node, vote.phase))
        if views is None:
            raise VerificationError(Code.CERTIFICATE_INVALID, what="stranger")
        views.setdefault(vote.slot.view, vote)
        if len(views) > self._views_max:
            del views[min(views)]

    def said(self, node: NodeId, view: View) -> Vote | None:
        """The Prepare of one node in one view, if it is remembered."""
        return self._of[node, Phase.PREPARE].get(view)

    def quorum(
        self, phase: Phase, view: View, header_hash: HeaderHash
    ) -> tuple[SignatureOf, ...] | None:
        """The signatures of one slot for one header where they are q or more, else None."""
        found = tuple(
            (vote.node, vote.signature)
            for vote in self._in(phase, view)
            if vote.header_hash == header_hash
        )
        return found if len(found) >= self._committee.q else None

    def decided(self) -> tuple[View, HeaderHash, tuple[SignatureOf, ...]] | None:
        """A slot whose Commits for one header are q or more: (view, header hash, signatures)."""
        for view in self._views(Phase.COMMIT):
            for header_hash in {vote.header_hash: None for vote in self._in(Phase.COMMIT, view)}:
                if signatures := self.quorum(Phase.COMMIT, view, header_hash):
                    return view, header_hash, signatures
        return None

    def voters(self, view: View) -> set[NodeId]:
        """Nodes of which any vote of this view is known."""
        return {vote.node for phase in Phase for vote in self._in(phase, view)}

    def voted(self, phase: Phase, view: View, header_hash: HeaderHash) -> tuple[NodeId, ...]:
        """Who voted so in one slot, in the committee's order."""
        votes = self._in(phase, view)
        return tuple(vote.node for vote in votes if vote.header_hash == header_hash)

    def of_node(self, node: NodeId) -> Iterator[Vote]:
        """All remembered votes of one node; a stranger's are none."""
        for phase in Phase:
            yield from self._of.get((node, phase), {}).values()

    def _in(self, phase: Phase, view: View) -> Iterator[Vote]:
        """The votes of a phase and view, in the committee's order."""
        for node in self._committee:
            vote = self._of[node, phase].get(view)
            if vote is not None:
                yield vote

    def _views(self, phase: Phase) -> list[View]:
        """Views with enough votes of any kind to be worth counting, ascending."""
        counts: dict[View, int] = {}
        for node in self._committee:
            for view in self._of[node, phase]:
                counts[view] = counts.get(view, 0) + 1
        return sorted(view for view, count in counts.items() if count >= self._committee.q)
