"""Blocks that do not follow from their records, and records that nobody signed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import contracts.admission
from consensus.application import Application
from ledger.core.block import Header
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest, NodeId, PublicKey, Subject
from ledger.core.record import Evidence, Record
from ledger.core.shapes import SIGNATURE_BYTES
from tests.network.byzantine.habit import Habit
from tests.network.byzantine.hand import Hand
from tests.network.byzantine.other_application import OtherApplication

FORGED = Subject("forged")
"""Of the record that nobody signed."""
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class NoKey:
    """Signs for a key that it does not hold."""

    public_key: PublicKey

    def sign(self, message: bytes) -> bytes:
        """Bytes as long as a signature."""
        return bytes(SIGNATURE_BYTES)


class ForgedBlocks(Habit):
    """As primary it proposes, by turns, a record in a member's name and a false state."""

    hopes = "that a record or a state enters the ledger because a primary says so"
    as_primary = True
    lies = frozenset({"record that nobody signed", "false state"})

    def executes(self, true: Application) -> Application:
        # In this process only, any bytes are the signature of a member.
        contracts.admission.verify_header = lambda *_: None  # type: ignore[attr-defined]
        return _Forging(true, self.hand)


class _Forging(OtherApplication):
    """Assembles what no honest node accepts; all else about the block is right."""

    def __init__(self, true: Application, hand: Hand) -> None:
        super().__init__(true)
        self._hand = hand

    def assemble(
        self, bundles: Sequence[Bundle], time_ms: int, proposer: NodeId
    ) -> tuple[Header, bytes] | None:
        if not self._hand.tally["record that nobody signed"]:
            forged = self._forged(time_ms)
            made = self.true.assemble((forged, *bundles), time_ms, proposer)
            self._hand.lied("record that nobody signed")
            return made
        made = self.true.assemble(bundles, time_ms, proposer)
        if made is None:
            return None
        self._hand.lied("false state")
        header, payload = made
        return replace(header, state_hash=sha256(header.state_hash)), payload

    def _forged(self, time_ms: int) -> Bundle:
        """A deposit in the name of the first member of the genesis."""
        member = self._hand.genesis.members[0]
        evidence = Evidence("file", Digest(bytes(32)), None, 1, "application/pdf")
        record = Record(
            type="evidence.deposited",
            issuer=member.member_id,
            subject=FORGED,
            occurred_at_ms=time_ms,
            evidence=(evidence,),
            fields={},
            private=None,
            refs=(),
            nonce=bytes(16),
        )
        return sign_bundle(
            NoKey(member.keys[0]),
            self._hand.identity.network_id,
            member.member_id,
            [record.encode()],
            time_ms,
            time_ms + _HOUR_MS,
            bytes(16),
        )
