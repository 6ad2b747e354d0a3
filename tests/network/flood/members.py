"""A member of the network that abuses its place: bundles that cost a node more than they are worth."""

import time
from typing import ClassVar

from cli.keyfiles import open_key
from ledger.core.bundle import Bundle, sign_bundle
from ledger.core.identifiers import Digest, MemberId, Subject
from ledger.core.record import Evidence, Record
from ledger.core.signing import Signer
from ledger.reliance import read_trust
from tests.bits import flipped
from tests.network.flood.hostility import Hostility, Line, answered

MEMBER = "notary"
_HOUR_MS = 3_600_000
_HEAD = (
    "POST /v1/bundles HTTP/1.1\r\nHost: x\r\nContent-Type: application/msgpack\r\n"
    "Content-Length: {}\r\n\r\n"
)


class _Submitting(Hostility):
    """Hands in the same bundles again and again."""

    bundles: ClassVar[int]
    records: ClassVar[int]

    def prepare(self) -> None:
        key = self.target.folder / "members" / MEMBER / "member.key"
        self._signer = open_key(key, b"correct horse")
        self._network_id = read_trust(self.target.folder / "trust.json").network_id
        made = [self.spoilt(self._bundle(number)) for number in range(self.bundles)]
        self._asked = [_HEAD.format(len(each)).encode() + each for each in made]

    def spoilt(self, bundle: Bundle) -> bytes:
        """What is handed in instead of a bundle that holds."""
        return bundle.encode()

    def record(self, number: int) -> Record:
        """A record that holds."""
        evidence = Evidence("file", Digest(number.to_bytes(32)), None, 1, "application/pdf")
        return Record(
            type="evidence.deposited",
            issuer=MemberId(MEMBER),
            subject=Subject(f"flood-{number}"),
            occurred_at_ms=time.time_ns() // 1_000_000,
            evidence=(evidence,),
            fields={},
            private=None,
            refs=(),
            nonce=number.to_bytes(16),
        )

    async def talk(self, line: Line) -> None:
        while True:
            for each in self._asked:
                await line.say(each)
                self.counts[str(await answered(line))] += 1

    def _bundle(self, number: int) -> Bundle:
        now_ms = time.time_ns() // 1_000_000
        first = number * self.records
        records = [self.record(first + each).encode() for each in range(self.records)]
        until_ms = now_ms + _HOUR_MS
        signer: Signer = self._signer
        member, nonce = MemberId(MEMBER), number.to_bytes(16)
        return sign_bundle(signer, self._network_id, member, records, now_ms, until_ms, nonce)


class BadSignatures(_Submitting):
    """Small bundles whose signature does not hold."""

    does = "bundles of one record with a wrong signature, by a member on 64 lines at line rate"
    bundles, records = 64, 1

    def spoilt(self, bundle: Bundle) -> bytes:
        data = bundle.encode()
        at = data.index(bundle.signature)
        return flipped(data, at)


class LargeBadSignatures(BadSignatures):
    """The largest bundles whose signature does not hold."""

    does = "bundles of 10,000 records with a wrong signature, by a member on 16 lines at line rate"
    bundles, records = 1, 10_000
    at_once: ClassVar[int] = 16


class UnfitBundles(_Submitting):
    """Well-signed bundles whose records are all at fault, so that each fault is looked for."""

    does = "well-signed bundles of 2,000 unfit records, by a member on 16 lines at line rate"
    bundles, records = 1, 2_000
    at_once: ClassVar[int] = 16

    def record(self, number: int) -> Record:
        true = super().record(number)
        return Record(
            type="bid.submitted",
            issuer=true.issuer,
            subject=true.subject,
            occurred_at_ms=true.occurred_at_ms,
            evidence=true.evidence,
            fields={},
            private=None,
            refs=(),
            nonce=true.nonce,
        )
