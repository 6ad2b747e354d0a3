"""The folder of deposits that a node keeps for others: files by digest.

Nothing is judged here, and nothing decrypted. What is answered is on disk. Spec:
``docs/spec/deposits.md``.
"""

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from api.durable_file import write_durably
from ledger.codes import Code
from ledger.core.deposit import DepositHeader, decode_deposit
from ledger.core.hashing import sha256
from ledger.core.identifiers import Digest, MemberId
from ledger.errors import FormatError, LedgerError, StoreError

PER_RECORD_MAX: Final = 16
"""Deposits of one record: a change of recipients makes a new one."""
PER_MEMBER_BYTES_MAX: Final = 256 << 20
TOTAL_BYTES_MAX: Final = 16 << 30
"""Of all members together; a node's operator sees it on the disk."""
_SUFFIX: Final = ".deposit.json"


@dataclass(frozen=True, slots=True)
class KeptDeposit:
    """What a node knows of a deposit without opening it."""

    digest: Digest
    header: DepositHeader
    size_bytes: int

    def is_for(self, member: MemberId) -> bool:
        """Whether a member may fetch it: its depositor and its recipients."""
        recipients = (each.member_id for each in self.header.recipients)
        return member == self.header.issuer or member in recipients


class DepositStore:
    """The folder; used from several threads."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made with the first deposit; what lies there is read when first asked."""
        self._folder = folder
        self._lock = Lock()
        self._index: dict[Digest, KeptDeposit] | None = None

    def put(self, data: bytes, header: DepositHeader) -> KeptDeposit:
        """Keep a deposit that was judged; one that is there already stays as it is.

        Raises:
            LedgerError: `deposit.full`.
            StoreError: `file.unwritable`.
        """
        digest = sha256(data)
        with self._lock:
            index = self._loaded()
            if digest in index:
                return index[digest]
            self._check_room(index, header, len(data))
            # Durable before it is answered: the member may forget its own copy then.
            write_durably(self._path(digest), [data])
            index[digest] = KeptDeposit(digest, header, len(data))
            return index[digest]

    def get(self, digest: Digest) -> KeptDeposit | None:
        """What is known of a deposit; None where there is none."""
        with self._lock:
            return self._loaded().get(digest)

    def read(self, digest: Digest) -> bytes:
        """The file of a deposit that is there.

        Raises:
            StoreError: `store.damaged` where the disk has something else under its name.
        """
        try:
            data = self._path(digest).read_bytes()
        except OSError as problem:
            raise StoreError(Code.STORE_DAMAGED, what=f"deposit {digest.hex()}") from problem
        if sha256(data) != digest:
            raise StoreError(Code.STORE_DAMAGED, what=f"deposit {digest.hex()}")
        return data

    def of(self, member: MemberId) -> list[KeptDeposit]:
        """Those that a member may fetch, ascending by digest."""
        with self._lock:
            found = [each for each in self._loaded().values() if each.is_for(member)]
        return sorted(found, key=lambda each: each.digest)

    def _loaded(self) -> dict[Digest, KeptDeposit]:
        """What lies in the folder; a file that is none is left alone and not known."""
        if self._index is None:
            paths = sorted(self._folder.glob(f"*{_SUFFIX}")) if self._folder.is_dir() else []
            found = (_kept(path) for path in paths)
            self._index = {each.digest: each for each in found if each is not None}
        return self._index

    def _check_room(
        self, index: dict[Digest, KeptDeposit], header: DepositHeader, size: int
    ) -> None:
        total = own = of_record = 0
        for each in index.values():
            total += each.size_bytes
            own += each.size_bytes if each.header.issuer == header.issuer else 0
            of_record += each.header.record_id == header.record_id
        for what, would_be, limit in (
            ("record", of_record + 1, PER_RECORD_MAX),
            (f"{header.issuer} B", own + size, PER_MEMBER_BYTES_MAX),
            ("B", total + size, TOTAL_BYTES_MAX),
        ):
            if would_be > limit:
                raise LedgerError(Code.DEPOSIT_FULL, what=what, limit=limit)

    def _path(self, digest: Digest) -> Path:
        return self._folder / f"{digest.hex()}{_SUFFIX}"


def _kept(path: Path) -> KeptDeposit | None:
    """What a file of the folder is; None where its name or its content is not a deposit's."""
    try:
        data = path.read_bytes()
        digest = sha256(data)
        if path.name != f"{digest.hex()}{_SUFFIX}":
            return None
        return KeptDeposit(digest, decode_deposit(data).header, len(data))
    except (OSError, FormatError):
        return None
