"""The bundles that this node acknowledged and that wait, and what it refused: durable before said.

An acknowledgement is a promise, so the bundle survives the crash of every node at once: it is read
back at the start, judged again and relayed again. A refusal is the end of a submission, so it is no
less durable: whoever was told one is told the same after a restart. Spec: ``docs/spec/journal.md``.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from consensus.append_file import File, frame, scan
from consensus.fates import Refused
from consensus.mempool import Pooled
from ledger.codes import Code
from ledger.core.acknowledgement import SignedRefusal
from ledger.core.bundle import Bundle, decode_bundle
from ledger.core.canonical import decode, encode
from ledger.core.identifiers import Digest, HeaderHash, NetworkId, NodeId, check_name
from ledger.core.limits import Parameters
from ledger.core.reader import Reader, array_header, byte_string
from ledger.core.shapes import digest, mapping, octets, signature, text, time_ms, versioned
from ledger.errors import DetailValue, FormatError, Rejected, StoreError

COMPACT_BYTES: Final = 64 << 20
"""Above this size, and twice what waits, the file starts anew with what stands."""
REFUSAL_BYTES_MAX: Final = 65_536
FACTS_MAX: Final = 16
FACT_CHARACTERS_MAX: Final = 400
"""Of one fact of a refusal; what is longer is cut, and only its sentence is shorter."""
_TIME_BYTES: Final = 8
_REFUSAL: Final = "refusal"
_MOOT: Final = "moot"
_VERSION: Final = 1

Found: TypeAlias = tuple[int, Bundle] | Refused
"""What stands of a bundle: (received at ms, bundle) where it waits, or its refusal."""
_Word: TypeAlias = Found | Digest
"""One record of the file; a pool key alone ends whatever was said of it."""


class Intake:
    """What this node took in, over a `File`."""

    __slots__ = ("_file", "_found", "_size", "cut_bytes")

    def __init__(self, file: File, limits: Parameters) -> None:
        """Read the file and make durable what was read: it will be acknowledged again.

        A torn tail was never acknowledged and is cut.

        Raises:
            StoreError: `journal.damaged`, or from the file.
        """
        self._file = file
        data = file.read()
        read = scan(data, file.name)
        try:
            self._found = _standing(_word(body, limits) for body in read.bodies)
        except FormatError as problem:
            raise StoreError(Code.JOURNAL_DAMAGED, path=file.name, offset=0) from problem
        self.cut_bytes = len(data) - read.size
        """Bytes of a torn write that were cut at the start; 0 after a clean stop."""
        self._size = read.size
        if data:
            file.replace(data[: read.size])

    def take_found(self) -> tuple[Found, ...]:
        """What stands of everything in the file, once: bundles to be judged again, and refusals."""
        found, self._found = self._found, ()
        return found

    def take(self, bundle: Bundle, received_at_ms: int) -> None:
        """Make a bundle durable; only then may it be acknowledged.

        Raises:
            StoreError: from the file.
        """
        self._keep(_encode(bundle, received_at_ms))

    def refuse(self, refused: Refused) -> None:
        """Make a refusal durable; only then may it be told. The bundle no longer waits.

        Raises:
            StoreError: from the file.
        """
        self._keep(_encode_refusal(refused))

    def moot(self, pool_key: Digest) -> None:
        """Whatever was refused of a bundle no longer counts: it entered, or waits again.

        Raises:
            StoreError: from the file.
        """
        self._keep(_encode_moot(pool_key))

    def compact(
        self, waiting: Iterable[Pooled], size_bytes: int, refused: Iterable[Refused] = ()
    ) -> None:
        """Drop what no longer waits, where that is worth writing the file anew.

        Args:
            waiting: what this node took in and still has.
            size_bytes: of these bundles together.
            refused: what it refused and still tells.
        """
        if self._size <= max(COMPACT_BYTES, 2 * size_bytes):
            return
        bodies = [_encode(each.bundle, each.received_at_ms) for each in waiting]
        bodies += [_encode_refusal(each) for each in refused]
        data = b"".join(map(frame, bodies))
        self._file.replace(data)
        self._size = len(data)

    def _keep(self, body: bytes) -> None:
        record = frame(body)
        self._file.append(record)
        self._file.sync()
        self._size += len(record)


def _standing(words: Iterator[_Word]) -> tuple[Found, ...]:
    """The last word about each bundle, in the order in which these were said."""
    found: dict[Digest, Found] = {}
    for word in words:
        if isinstance(word, bytes):
            found.pop(word, None)
            continue
        key = word.signed.pool_key if isinstance(word, Refused) else word[1].pool_key
        found.pop(key, None)
        found[key] = word
    return tuple(found.values())


def _word(body: bytes, limits: Parameters) -> _Word:
    """Which kind a record is follows from its first byte: a bundle's array has two items."""
    if body[:1] == array_header(2):
        return _decode(body, limits)
    value = decode(body, REFUSAL_BYTES_MAX)
    is_moot = isinstance(value, tuple) and value[:1] == (_MOOT,)
    return _decode_moot(body) if is_moot else _decode_refusal(body)


def _encode(bundle: Bundle, received_at_ms: int) -> bytes:
    time = received_at_ms.to_bytes(_TIME_BYTES)
    return array_header(2) + byte_string(time) + byte_string(bundle.encode())


def _decode(body: bytes, limits: Parameters) -> tuple[int, Bundle]:
    reader = Reader(body)
    if reader.array(2) != 2:
        raise FormatError(Code.FORMAT_SHAPE, what="intake")
    time = octets(reader.bytes_(_TIME_BYTES), "received_at_ms", _TIME_BYTES)
    bundle = decode_bundle(reader.bytes_(limits.bundle_bytes_max), limits)
    reader.end()
    return int.from_bytes(time), bundle


def _encode_refusal(refused: Refused) -> bytes:
    facts = {name: _kept(fact) for name, fact in list(refused.verdict.detail.items())[:FACTS_MAX]}
    try:
        return _spelled(refused, facts)
    except FormatError:
        # The code says what is wrong; a fact that cannot be spelled must not stop the node.
        return _spelled(refused, {})


def _spelled(refused: Refused, facts: Mapping[str, DetailValue]) -> bytes:
    signed = refused.signed
    return encode(
        (
            _REFUSAL,
            _VERSION,
            refused.at_ms,
            signed.network_id,
            signed.node_id,
            signed.pool_key,
            refused.verdict.code.value,
            facts,
            signed.head_hash,
            signed.signature,
        )
    )


def _kept(fact: DetailValue) -> DetailValue:
    if isinstance(fact, str):
        return unicodedata.normalize("NFC", fact[:FACT_CHARACTERS_MAX])
    return fact


def _decode_refusal(body: bytes) -> Refused:
    items = versioned(decode(body, REFUSAL_BYTES_MAX), _REFUSAL, _VERSION, 10)
    named = text(items[6], "code", 64)
    facts: dict[str, DetailValue] = {}
    for name, fact in mapping(items[7], "facts", FACTS_MAX).items():
        if isinstance(fact, bool) or not isinstance(fact, str | int):
            raise FormatError(Code.FORMAT_SHAPE, what="facts")
        facts[name] = fact
    try:
        code = Code(named)
    except ValueError as problem:
        raise FormatError(Code.FORMAT_SHAPE, what="code") from problem
    signed = SignedRefusal(
        NetworkId(digest(items[3], "network_id")),
        NodeId(check_name(text(items[4], "node_id"), "node_id")),
        digest(items[5], "pool_key"),
        code,
        HeaderHash(digest(items[8], "head_hash")),
        signature(items[9], "signature"),
    )
    return Refused(Rejected(code, facts), signed, time_ms(items[2], "at_ms"))


def _encode_moot(pool_key: Digest) -> bytes:
    return encode((_MOOT, _VERSION, pool_key))


def _decode_moot(body: bytes) -> Digest:
    return digest(versioned(decode(body, REFUSAL_BYTES_MAX), _MOOT, _VERSION, 3)[2], "pool_key")
