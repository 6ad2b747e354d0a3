"""What must be true of a bundle before its records are judged: network, key, life, signature.

A bundle is accepted whole or refused whole. Its key must be in force by the state, at the position
where it would enter; clocks do not count, block time does. Spec: ``docs/spec/bundle.md``.
"""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from contracts import standing
from contracts.state import State
from contracts.verdict import Times, World
from ledger.codes import Code
from ledger.core.block import BlockBundle
from ledger.core.bundle import Bundle, BundleHeader, pool_key, verify_header
from ledger.core.identifiers import NETWORK_MEMBER, Digest, MemberId, RecordId
from ledger.core.record import Record, decode_record
from ledger.errors import FormatError, Rejected, VerificationError

_SIGNATURES_MAX: Final = 50_000
_RECORDS_BYTES_MAX: Final = 32 << 20
"""Of the records' bytes; decoded they take a few times as much."""


Submitted: TypeAlias = Bundle | BlockBundle
"""A bundle before the executor: whole from a pool, or out of a block's payload, where the bytes of
what entered earlier are absent."""


@dataclass(slots=True)
class Seen:
    """What was computed from bytes alone and cannot change: decoded records, good signatures.

    Keyed by hash, so an entry is right for ever; dropped whole when full. No refusal is kept.
    """

    _records: dict[RecordId, Record] = field(default_factory=dict)
    _signatures: set[tuple[Digest, bytes]] = field(default_factory=set)
    _records_bytes: int = 0

    def record(self, record_id: RecordId, data: bytes, world: World) -> Record:
        """The record that `data` spells.

        Raises:
            FormatError: as `decode_record`.
        """
        found = self._records.get(record_id)
        if found is None:
            found = decode_record(data, world.parameters)
            if self._records_bytes + len(data) > _RECORDS_BYTES_MAX:
                self._records.clear()
                self._records_bytes = 0
            self._records[record_id] = found
            self._records_bytes += len(data)
        return found

    def verify(self, bundle: Submitted, public_key: bytes) -> None:
        """Require that `public_key` signed the bundle.

        Raises:
            VerificationError: `bundle.signature`.
        """
        name = (pool_key(bundle.header_bytes, bundle.signature), public_key)
        if name in self._signatures:
            return
        verify_header(bundle.header, bundle.header_bytes, bundle.signature, public_key)
        if len(self._signatures) >= _SIGNATURES_MAX:
            self._signatures.clear()
        self._signatures.add(name)


def check_bundle(
    bundle: Submitted, world: World, state: State, times: Times, seen: Seen
) -> Rejected | None:
    """The first thing about a bundle that is not as it must be; None where all is well.

    Args:
        bundle: its header covers its record ids already.
        world: of the network.
        state: before the bundle.
        times: block time, and the index its first record would have.
        seen: what was computed before.
    """
    header = bundle.header
    if header.network_id != world.network_id:
        return Rejected(Code.BUNDLE_NETWORK, {"network": header.network_id.hex()})
    if header.issuer == NETWORK_MEMBER:
        # Its records, which nobody signs, come out of blocks and never in bundles.
        return other_issuer(header.issuer, header.issuer)
    if header.count > world.parameters.bundle_records_max:
        return _too_large(header.count, world.parameters.bundle_records_max)
    size_bytes = sum(len(data) for data in bundle.records if data is not None)
    if size_bytes > world.parameters.bundle_bytes_max:
        return _too_large(size_bytes, world.parameters.bundle_bytes_max)
    refusal = _check_life(header, world, times)
    if refusal is not None:
        return refusal
    row = standing.key(state, header.issuer, header.key_id)
    member = standing.is_member(state, header.issuer, times)
    if row is None or not member or not row.interval.in_force(times.index):
        detail = {"issuer": str(header.issuer), "key": header.key_id.hex()}
        return Rejected(Code.BUNDLE_KEY, detail)
    try:
        seen.verify(bundle, row.public_key)
    except VerificationError as problem:
        return problem.rejected()
    return None


def decode_entering(
    bundle: Submitted, world: World, record_id: RecordId, data: bytes, seen: Seen
) -> Record | Rejected:
    """One record of a bundle, decoded; its issuer must be the bundle's."""
    try:
        record = seen.record(record_id, data, world)
    except FormatError as problem:
        return problem.rejected()
    if record.issuer != bundle.header.issuer:
        return other_issuer(record.issuer, bundle.header.issuer)
    return record


def other_issuer(found: MemberId, issuer: MemberId) -> Rejected:
    """A record is `found`'s, and the bundle `issuer`'s."""
    return Rejected(Code.BUNDLE_ISSUER, {"found": found, "issuer": issuer})


def _check_life(header: BundleHeader, world: World, times: Times) -> Rejected | None:
    """Created not after block time, expiring not before it, and neither too far apart."""
    created, expires, limits = header.created_at_ms, header.expires_at_ms, world.parameters
    if times.time_ms > expires:
        detail = {"expires_at_ms": expires, "time_ms": times.time_ms}
        return Rejected(Code.BUNDLE_EXPIRED, detail)
    if not created <= expires <= created + limits.bundle_life_ms_max:
        return Rejected(Code.BUNDLE_LIFE, {"limit": limits.bundle_life_ms_max})
    if created > times.time_ms + limits.clock_ahead_ms:
        detail = {"created_at_ms": created, "time_ms": times.time_ms}
        return Rejected(Code.BUNDLE_EARLY, detail)
    return None


def _too_large(size: int, limit: int) -> Rejected:
    return Rejected(Code.BUNDLE_TOO_LARGE, {"size": size, "limit": limit})
