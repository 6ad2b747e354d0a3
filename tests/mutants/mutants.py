"""The shipped code with one safety rule taken away: each mutant is a patch that a test applies."""

from collections.abc import Sequence

import pytest

from consensus.core import messages, promises, verification, view_change
from consensus.core.messages import Phase, SignatureOf, ViewChange
from consensus.core.promises import Promises
from consensus.core.ready import Ready
from consensus.core.view_change import ViewChanges
from consensus.core.votes import VoteBook
from consensus.duties import Duties
from consensus.wire import Said
from ledger.core.canonical import encode
from ledger.core.certificate import Slot
from ledger.core.committee import Committee
from ledger.core.identifiers import HeaderHash, NodeId, View


def quorum_of_2f(patch: pytest.MonkeyPatch) -> None:
    """Any two quorums no longer share an honest node."""
    patch.setattr(Committee, "q", property(lambda self: max(1, 2 * self.f)))


def prepared_certificate_ignored(patch: pytest.MonkeyPatch) -> None:
    """NEW-VIEW leaves the primary free, whatever the view changes report."""

    def free(changes: Sequence[ViewChange]) -> tuple[View | None, HeaderHash | None]:
        return None, None

    patch.setattr(verification, "choice", free)
    patch.setattr(view_change, "choice", free)


def send_before_persist(patch: pytest.MonkeyPatch) -> None:
    """The driver says it first and writes it down afterwards."""
    shipped = Duties.perform

    def hasty(self: Duties, ready: Ready, now_ms: int) -> None:
        for send in ready.send:
            if send.to is None:
                self.broadcast(Said(send.message))
            else:
                self._send(send.to, Said(send.message))
        rest = Ready(ready.persist, (), *[getattr(ready, name) for name in _AFTER_SEND])
        shipped(self, rest, now_ms)

    patch.setattr(Duties, "perform", hasty)


_AFTER_SEND = ("deliver", "validate", "propose", "serve", "faults")


def view_changes_of_another_height_accepted(patch: pytest.MonkeyPatch) -> None:
    """A VIEW-CHANGE binds its view and what was prepared, but neither height nor parent."""

    def heightless(
        slot: Slot,
        parent: HeaderHash,
        prepared_view: View | None,
        prepared_hash: HeaderHash | None,
    ) -> bytes:
        return encode((slot.network_id, slot.epoch, slot.view, prepared_view, prepared_hash))

    patch.setattr(messages, "view_change_body", heightless)
    patch.setattr(promises, "view_change_body", heightless)


def commits_of_different_views_add_up(patch: pytest.MonkeyPatch) -> None:
    """A certificate is q commits for one header, of whatever views."""

    def decided(self: VoteBook) -> tuple[View, HeaderHash, tuple[SignatureOf, ...]] | None:
        found: dict[HeaderHash, dict[NodeId, tuple[View, bytes]]] = {}
        for node in self._committee:
            for vote in self._of[node, Phase.COMMIT].values():
                voters = found.setdefault(vote.header_hash, {})
                voters[node] = (vote.slot.view, vote.signature)
        for header_hash, voters in found.items():
            if len(voters) >= self._committee.q:
                votes = tuple((node, signed) for node, (_, signed) in voters.items())
                return max(view for view, _ in voters.values()), header_hash, votes
        return None

    patch.setattr(VoteBook, "decided", decided)


def restart_without_memory(patch: pytest.MonkeyPatch) -> None:
    """The journal is written and never read."""
    patch.setattr(Promises, "restore", lambda self, entries, config: None)


def nobody_joins(patch: pytest.MonkeyPatch) -> None:
    """f + 1 nodes that ask for a later view move nobody."""
    patch.setattr(ViewChanges, "join", lambda self, now_ms: False)
