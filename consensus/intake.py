"""The bundles that this node acknowledged and that wait, and what it refused: durable before said.

An acknowledgement is a promise, so the bundle survives the crash of every node at once: it is read
back at the start, judged again and relayed again. A refusal is the end of a submission, so it is no
less durable: whoever was told one is told the same after a restart. Spec: ``docs/spec/journal.md``.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
"""Above this size, and twice what stood when it last did so, the file starts anew."""
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


class _UnknownCodeError(FormatError):
    """A well-formed refusal for a reason that this version does not know."""

    def __init__(self, pool_key: Digest) -> None:
        super().__init__(Code.FORMAT_SHAPE, what="code")
        self.pool_key = pool_key


class Intake:
    """What this node took in, over a `File`."""

    __slots__ = ("_file", "_found", "_size", "_stood", "cut_bytes")

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
        self._stood = 0
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
        self._keep([_encode(bundle, received_at_ms)])

    def refuse(self, refused: Sequence[Refused]) -> None:
        """Make refusals durable, all with one fsync; only then may they be told.

        Their bundles no longer wait.

        Raises:
            StoreError: from the file.
        """
        self._keep([_encode_refusal(each) for each in refused])

    def moot(self, pool_keys: Sequence[Digest]) -> None:
        """Whatever was refused of bundles no longer counts: they entered, or wait again.

        Raises:
            StoreError: from the file.
        """
        self._keep([_encode_moot(each) for each in pool_keys])

    @property
    def outgrown(self) -> bool:
        """Whether the file is worth writing anew.

        Twice what stood the last time: else a file in which that much still stands would be
        written anew whenever this is asked.
        """
        return self._size > max(COMPACT_BYTES, 2 * self._stood)

    def compact(self, waiting: Iterable[Pooled], refused: Iterable[Refused] = ()) -> None:
        """Write the file anew with what still stands.

        Args:
            waiting: what this node took in and still has.
            refused: what it refused and still tells.

        Raises:
            StoreError: from the file.
        """
        bodies = [_encode(each.bundle, each.received_at_ms) for each in waiting]
        bodies += [_encode_refusal(each) for each in refused]
        data = b"".join(map(frame, bodies))
        self._file.replace(data)
        self._size = self._stood = len(data)

    def _keep(self, bodies: Sequence[bytes]) -> None:
        """Make records durable, the later ones never without the earlier."""
        if not bodies:
            return
        records = b"".join(map(frame, bodies))
        self._file.append(records)
        self._file.sync()
        self._size += len(records)


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
    if is_moot:
        return _decode_moot(body)
    try:
        return _decode_refusal(body)
    except _UnknownCodeError as other:
        # A later version wrote it. Its bundle does not wait, and this version cannot say why.
        return other.pool_key


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
    network_id = NetworkId(digest(items[3], "network_id"))
    node_id = NodeId(check_name(text(items[4], "node_id"), "node_id"))
    pool_key = digest(items[5], "pool_key")
    head_hash = HeaderHash(digest(items[8], "head_hash"))
    signed, at_ms = signature(items[9], "signature"), time_ms(items[2], "at_ms")
    try:
        code = Code(named)
    except ValueError as problem:
        raise _UnknownCodeError(pool_key) from problem
    refusal = SignedRefusal(network_id, node_id, pool_key, code, head_hash, signed)
    return Refused(Rejected(code, facts), refusal, at_ms)


def _encode_moot(pool_key: Digest) -> bytes:
    return encode((_MOOT, _VERSION, pool_key))


def _decode_moot(body: bytes) -> Digest:
    return digest(versioned(decode(body, REFUSAL_BYTES_MAX), _MOOT, _VERSION, 3)[2], "pool_key")
