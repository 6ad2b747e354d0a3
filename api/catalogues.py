"""Which version of the catalogue an answer goes by: the newest, a subject's, or all for the words.

Nothing here judges; it asks what the rules of this node hold. Spec: ``docs/spec/contracts.md``.
"""

from typing import Protocol

from contracts import version_rows
from contracts.faults import NOT_LOOKED_AT, Faults
from contracts.judging import catalogue_about
from contracts.overlay import Overlay
from contracts.state import State
from contracts.tables import Catalogue
from contracts.verdict import World
from contracts.versions import RULES_ADOPTED
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.bundle import Bundle
from ledger.core.identifiers import Digest, Subject
from ledger.core.record import decode_record
from ledger.errors import Rejected


class Rules(Protocol):
    """Who judges on this node; `contracts.executor.BlockExecutor` fits by shape."""

    @property
    def world(self) -> World:
        """What holds at the present head."""
        ...

    def holds(self, digest: Digest) -> bool:
        """Whether the catalogue of this hash is at hand."""
        ...

    def faults(self, bundle: Bundle, time_ms: int) -> Faults:
        """All that is wrong with the records of a bundle that was refused."""
        ...


class Catalogues:
    """The versions of one node's ledger, as people ask by them."""

    def __init__(self, chain: Chain, catalogue: Catalogue, rules: Rules | None) -> None:
        """Over the ledger of a node.

        Args:
            chain: its ledger.
            catalogue: the only one, where `rules` is None.
            rules: who judges on this node.
        """
        self._chain = chain
        self._catalogue = catalogue
        self._rules = rules

    @property
    def newest(self) -> Catalogue:
        """The version that new subjects take."""
        return self._catalogue if self._rules is None else self._rules.world.catalogue

    @property
    def words(self) -> Catalogue:
        """By which types, alerts and deadlines are named and shown: those of old versions too."""
        versions = None if self._rules is None else self._rules.world.versions
        return self.newest if versions is None else versions.words

    def named(self, subject: Subject) -> tuple[str, Digest]:
        """The version by which a subject is judged now: its name among people, and its hash."""
        digest, rows = self.of(subject).hash, version_rows.adopted(self._chain.state)
        return next((each.version for each in rows if each.hash == digest), ""), digest

    def refusal(self, bundle: Bundle) -> Rejected | None:
        """Refuse to pass on the proposal of a version that nobody here has read.

        Asked only of what a member hands to this node: what is on its way or in a block is judged
        alike on all nodes, and not by what lies on their disks. A hash of nothing, adopted by a
        quorum, would stop the network.
        """
        for data in bundle.records:
            if self._rules is not None and RULES_ADOPTED.encode() in data:
                record = decode_record(data, self._chain.genesis.parameters)
                digest = record.fields.get("catalogue")
                held = isinstance(digest, bytes) and self._rules.holds(Digest(digest))
                if record.type == RULES_ADOPTED and not held:
                    named = digest.hex() if isinstance(digest, bytes) else ""
                    return Rejected(Code.CATALOGUE_UNREAD, {"hash": named})
        return None

    def faults(self, bundle: Bundle, time_ms: int) -> Faults:
        """All that is wrong with the records of a bundle that was refused, as far as is known."""
        return NOT_LOOKED_AT if self._rules is None else self._rules.faults(bundle, time_ms)

    def of(self, subject: Subject) -> Catalogue:
        """The version by which a subject is judged now."""
        if self._rules is None:
            return self._catalogue
        state, index = State(Overlay(self._chain.state)), self._chain.head.log_size
        return catalogue_about(self._rules.world, subject, index, state)
