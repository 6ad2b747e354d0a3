"""Replacing a primary at one height: leave a view, ask for the next, start it, follow it.

A VIEW-CHANGE of (h, v) promises no Prepare and no Commit at height h below view v until h is
committed, restarts included; it counts only at nodes whose open height is h. The choice of a
NEW-VIEW is recomputed by every follower from exactly the carried set. PBFT (OSDI '99) §4.4 and
§4.5.2; spec: ``docs/spec/consensus.md``.
"""

from dataclasses import replace

from consensus.core.instance import Instance, Node, may_sign
from consensus.core.messages import NewView, ViewChange
from consensus.core.verification import check_new_view, check_view_change, choice
from ledger.core.identifiers import NodeId, View


class ViewChanges:
    """View changes of the open height."""

    __slots__ = ("_here", "_node")

    def __init__(self, node: Node, here: Instance) -> None:
        self._node = node
        self._here = here

    def on_view_change(self, change: ViewChange) -> None:
        """Somebody asks for a view of this height; the highest one per sender is kept.

        Raises:
            VerificationError: its signature or its certificate does not hold.
        """
        here = self._here
        known = here.changes.get(change.node)
        if change.parent != here.head.header_hash or change.node not in here.committee:
            return
        if known is not None and known.slot.view >= change.slot.view:
            return
        check_view_change(change, here.committee)
        here.said.change(change)
        self._node.out.faults.extend(here.said.take())

    def on_new_view(self, new_view: NewView) -> None:
        """The primary of a later view, or whoever holds its word, starts that view here.

        Raises:
            VerificationError: a signature, the set or the choice does not hold.
        """
        here = self._here
        known = here.new_views.get(new_view.node)
        if new_view == known or new_view.slot.view < here.view:
            return
        if any(change.parent != here.head.header_hash for change in new_view.changes):
            return
        check_new_view(new_view, here.committee)
        here.said.new_view(new_view)
        self._node.out.faults.extend(here.said.take())
        if new_view.slot.view > here.view or here.new_view is None:
            self._node.out.persist.extend(here.promises.follow(new_view))
            here.enter_view(new_view)

    def leave(self, view: View, now_ms: int) -> None:
        """Ask for `view`: from here on nothing below it is signed at this height."""
        here = self._here
        if not may_sign(self._node, here, now_ms):
            return
        here.leave_view(view)
        change, entries = here.promises.view_change(here.slot(view), here.head.header_hash)
        here.changes[change.node] = change
        self._node.pacemaker.view_left(now_ms)
        self._node.out.persist.extend(entries)
        self._node.out.to_all(change)

    def join(self, now_ms: int) -> bool:
        """PBFT (OSDI '99) §4.5.2: f + 1 ask for later views, so at least one honest node does.

        The smallest of their views is asked for, so a single huge view moves nobody.
        """
        here = self._here
        later = sorted(view for view in self._asked() if view > here.view)
        if len(later) < here.committee.weak or not may_sign(self._node, here, now_ms):
            return False
        self.leave(later[0], now_ms)
        return True

    def start(self, now_ms: int) -> bool:
        """The primary of the view that q nodes ask for starts it, from exactly their messages."""
        here, me = self._here, self._node.config.node_id
        if here.active or here.committee.primary(here.view) != me:
            return False
        asked = [here.changes[node] for node in here.committee if node in here.changes]
        changes = [change for change in asked if change.slot.view == here.view]
        if len(changes) < here.committee.q or not may_sign(self._node, here, now_ms):
            return False
        changes = changes[: here.committee.q]
        prepared_view, chosen = choice(changes)
        proof = next(
            (change.proof for change in changes if change.prepared_view == prepared_view), None
        )
        signed, entries = here.promises.start_view(
            here.slot(here.view),
            tuple(replace(change, proof=None) for change in changes),
            chosen,
            proof,
        )
        here.new_views[me] = signed
        here.enter_view(signed)
        self._node.out.persist.extend(entries)
        self._node.out.to_all(signed)
        return True

    def wanted_by_quorum(self) -> bool:
        """PBFT (OSDI '99) §4.5.2: the clock of a view starts once q nodes ask for it, or beyond."""
        here = self._here
        return sum(view >= here.view for view in self._asked()) >= here.committee.q

    def hand_on(self, peer: NodeId, view: View) -> None:
        """A peer that is still at `view` gets the NEW-VIEW by which this node entered its own."""
        here = self._here
        if here.active and here.new_view is not None and view <= here.view:
            self._node.out.to(peer, here.new_view)

    def _asked(self) -> list[View]:
        return [change.slot.view for change in self._here.changes.values()]
