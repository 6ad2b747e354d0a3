"""The catalogues that one node has at hand, and whether they suffice for what the network adopted.

A version that was adopted and is not at hand ends judging, and nothing else: what is committed
stays, and the node goes on once the files are there. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Sequence
from dataclasses import replace

from contracts import version_rows
from contracts.genesis_rows import check_single
from contracts.overlay import StateReader
from contracts.tables import Catalogue
from contracts.verdict import World
from contracts.versions import Adopted, versions_of
from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.genesis import Genesis
from ledger.core.identifiers import Digest
from ledger.core.status import rows_under
from ledger.errors import FormatError, StoreError


class Held:
    """Catalogues by hash: of this software, and of the folders that the node was told of."""

    def __init__(self, genesis: Genesis, catalogue: Catalogue, more: Sequence[Catalogue]) -> None:
        """Require that the one that the network began with is among them.

        Raises:
            FormatError: `catalogue.other`; `genesis.invalid` where founders share a single role.
        """
        self._catalogues = {each.hash: each for each in (catalogue, *more)}
        if genesis.catalogue_hash not in self._catalogues:
            raise FormatError(
                Code.CATALOGUE_OTHER,
                found=catalogue.hash.hex(),
                adopted=genesis.catalogue_hash.hex(),
            )
        self.first = self._catalogues[genesis.catalogue_hash]
        """The genesis's."""
        check_single(genesis, self.first)
        self.lacking: Adopted | None = None
        """The first version that was adopted and is not at hand."""

    def look(self, genesis: Genesis, committee: Committee, state: StateReader) -> World:
        """What holds on a committed state, as far as its versions are at hand.

        Args:
            genesis: of the network.
            committee: in force for the next block.
            state: after the newest.
        """
        world = World(
            network_id=genesis.network_id,
            catalogue=self.first,
            parameters=genesis.parameters,
            quorum_count=committee.q,
            committee_members=frozenset(node.member_id for node in committee.nodes),
        )
        adopted = version_rows.adopted(state)
        self.lacking = next((each for each in adopted if each.hash not in self._catalogues), None)
        if self.lacking is not None or len(adopted) == 1:
            return world
        versions = versions_of(adopted, self._catalogues)
        worlds: dict[Digest, World] = {}
        for digest, catalogue in versions.catalogues.items():
            worlds[digest] = replace(world, catalogue=catalogue, versions=versions, worlds=worlds)
        return worlds[adopted[-1].hash]

    def holds(self, digest: Digest) -> bool:
        """Whether a catalogue is at hand."""
        return digest in self._catalogues

    def check(self) -> None:
        """Require that nothing lacks: nothing is judged by a catalogue that nobody here has read.

        Raises:
            StoreError: `catalogue.missing`.
        """
        if self.lacking is not None:
            version, named = self.lacking.version, self.lacking.hash.hex()
            raise StoreError(Code.CATALOGUE_MISSING, version=version, hash=named)


def adopts(writes: Sequence[tuple[bytes, bytes | None]]) -> bool:
    """Whether a block with these writes, ascending by key, adopted a version."""
    return bool(rows_under(writes, version_rows.ADOPTED))
