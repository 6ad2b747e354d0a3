"""The folder in which a node keeps packages under extraction codes, and what became of each code.

A row and a ZIP file for each, named by the code's hash. Whatever is answered is on disk: a code
that was made, its end, each use. Everything has a cap, and rows stay for as long again as a code
lives, so that nobody makes its uses forgotten by making more codes. Spec:
``docs/spec/court_code.md``.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Final

from api.court_code_rows import (
    GIVEN_MAX,
    LIFE_MS,
    ROW_BYTES_MAX,
    USES_MAX,
    CodeRow,
    Outcome,
    Use,
    decode_row,
)
from api.durable_file import write_durably
from ledger.codes import Code
from ledger.core.identifiers import Digest, MemberId
from ledger.errors import FormatError, LedgerError, StoreError
from ledger.files import read_capped

LIVE_PER_MEMBER_MAX: Final = 20
KEPT_PER_MEMBER_MAX: Final = 100
"""With those that ended in the last ninety days."""
KEPT_MAX: Final = 5_000
"""Of all members: rows are held in memory."""
PER_MEMBER_BYTES_MAX: Final = 256 << 20
TOTAL_BYTES_MAX: Final = 8 << 30
"""Of all packages that lie here; a node's operator sees it on the disk."""
KEPT_MS: Final = LIFE_MS
"""How long a row stays after its code's end."""
_ROW: Final = ".code.json"
_PACKAGE: Final = ".zip"


class CourtCodeStore:
    """The folder; used from several threads."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made with the first code; what lies there is read when first asked."""
        self._folder = folder
        self._lock = Lock()
        self._index: dict[Digest, CodeRow] | None = None

    def check_room(self, member: MemberId, now_ms: int) -> None:
        """Before a package is put together for one more code.

        Raises:
            LedgerError: `court_code.full`.
        """
        with self._lock:
            self._check_room(self._swept(now_ms), member, 0)

    def keep(self, row: CodeRow, pieces: Iterable[bytes], now_ms: int) -> CodeRow:
        """Keep a package and its row; where the code was made meanwhile, what that order made.

        Raises:
            LedgerError: `court_code.full`; `court_code.order` where another member made it.
            StoreError: `file.unwritable`.
        """
        with self._lock:
            index = self._swept(now_ms)
            # A code never opens another package than the one that its maker was answered with.
            if (made := index.get(row.code_hash)) is not None:
                if made.member != row.member:
                    raise LedgerError(Code.COURT_CODE_ORDER, what="code_hash")
                return made
            self._check_room(index, row.member, row.package_bytes)
            # A package without a row is swept away at the next start; a row never lacks its own.
            write_durably(self._package(row.code_hash), pieces)
            self._put(index, row)
            return row

    def end(self, code_hash: Digest, now_ms: int) -> CodeRow | None:
        """Have a code open nothing from now on; None where there is none."""
        with self._lock:
            index = self._swept(now_ms)
            row = index.get(code_hash)
            if row is not None and not row.ended_at_ms:
                row = row.ended(now_ms, revoked=True)
                self._close(index, row)
            return row

    def use(
        self, code_hash: Digest, now_ms: int, place: str, shown: Callable[[CodeRow], bool]
    ) -> tuple[CodeRow, BinaryIO] | None:
        """Open the package of a code, and write down that it was used, whatever comes of it.

        Args:
            code_hash: of what was typed.
            now_ms: by the node's clock.
            place: from where.
            shown: whether its maker may still see all that is in a package.

        Returns:
            The row and the open file; None where the code opens nothing, whatever the reason.

        Raises:
            StoreError: `store.damaged` where the disk has another file than was put there;
                `file.unwritable`.
        """
        with self._lock:
            index = self._swept(now_ms)
            row = index.get(code_hash)
            if row is None:
                return None
            outcome = _outcome(row, shown)
            package = self._opened(row) if outcome is Outcome.GIVEN else None
            if len(row.uses) < USES_MAX:
                self._put(index, replace(row, uses=(*row.uses, Use(now_ms, place, outcome))))
            return None if package is None else (row, package)

    def get(self, code_hash: Digest, now_ms: int) -> CodeRow | None:
        """One row; None where there is none."""
        with self._lock:
            return self._swept(now_ms).get(code_hash)

    def rows(self, member: MemberId | None, now_ms: int) -> list[CodeRow]:
        """A member's rows, or all for None, the newest first."""
        with self._lock:
            found = [each for each in self._swept(now_ms).values() if member in (None, each.member)]
        return sorted(found, key=lambda each: (-each.made_at_ms, each.code_hash))

    def _swept(self, now_ms: int) -> dict[Digest, CodeRow]:
        """The rows, those over that are over, those gone whose time to be kept has passed."""
        index = self._loaded()
        for row in list(index.values()):
            if not row.ended_at_ms and now_ms >= row.expires_at_ms:
                self._close(index, row.ended(row.expires_at_ms, revoked=False))
            elif row.ended_at_ms and now_ms >= row.ended_at_ms + KEPT_MS:
                del index[row.code_hash]
                self._row(row.code_hash).unlink(missing_ok=True)
        return index

    def _close(self, index: dict[Digest, CodeRow], row: CodeRow) -> None:
        """The end is on disk before the package is gone."""
        self._put(index, row)
        self._package(row.code_hash).unlink(missing_ok=True)

    def _put(self, index: dict[Digest, CodeRow], row: CodeRow) -> None:
        write_durably(self._row(row.code_hash), [row.encode()])
        index[row.code_hash] = row

    def _opened(self, row: CodeRow) -> BinaryIO:
        """The package, every byte of it hashed."""
        try:
            package = self._package(row.code_hash).open("rb")
        except OSError as problem:
            raise self._damaged(row) from problem
        if file_digest(package, "sha256").digest() != row.package_sha256:
            package.close()
            raise self._damaged(row)
        package.seek(0)
        return package

    @staticmethod
    def _damaged(row: CodeRow) -> StoreError:
        return StoreError(Code.STORE_DAMAGED, what=f"package {row.package_sha256.hex()}")

    def _loaded(self) -> dict[Digest, CodeRow]:
        """What lies in the folder; a file that is no row is left alone and not known."""
        if self._index is None:
            paths = sorted(self._folder.glob(f"*{_ROW}")) if self._folder.is_dir() else []
            found = [each for each in (_read(path) for path in paths[:KEPT_MAX]) if each]
            self._index = {each.code_hash: each for each in found}
            self._remove_strays({each.code_hash.hex() for each in found if each.ended_at_ms})
        return self._index

    def _remove_strays(self, ended: set[str]) -> None:
        """Packages that a crash left behind: before their row was there, or after its end."""
        for path in self._folder.glob(f"*{_PACKAGE}"):
            if path.stem in ended or not path.with_name(path.stem + _ROW).exists():
                path.unlink(missing_ok=True)

    def _check_room(self, index: dict[Digest, CodeRow], member: MemberId, size: int) -> None:
        own = [each for each in index.values() if each.member == member]
        live = [each for each in own if not each.ended_at_ms]
        total = sum(each.package_bytes for each in index.values() if not each.ended_at_ms)
        for what, would_be, limit in (
            (f"{member}: live", len(live) + 1, LIVE_PER_MEMBER_MAX),
            (f"{member}: kept", len(own) + 1, KEPT_PER_MEMBER_MAX),
            ("kept", len(index) + 1, KEPT_MAX),
            (f"{member}: B", sum(each.package_bytes for each in live) + size, PER_MEMBER_BYTES_MAX),
            ("B", total + size, TOTAL_BYTES_MAX),
        ):
            if would_be > limit:
                raise LedgerError(Code.COURT_CODE_FULL, what=what, limit=limit)

    def _row(self, code_hash: Digest) -> Path:
        return self._folder / f"{code_hash.hex()}{_ROW}"

    def _package(self, code_hash: Digest) -> Path:
        return self._folder / f"{code_hash.hex()}{_PACKAGE}"


def _outcome(row: CodeRow, shown: Callable[[CodeRow], bool]) -> Outcome:
    """What a use comes to, before the package is opened."""
    if row.ended_at_ms:
        return Outcome.REVOKED if row.revoked else Outcome.EXPIRED
    if row.given_count >= GIVEN_MAX:
        return Outcome.SPENT
    return Outcome.GIVEN if shown(row) else Outcome.HIDDEN


def _read(path: Path) -> CodeRow | None:
    try:
        code_hash = Digest(bytes.fromhex(path.name.removesuffix(_ROW)))
        return decode_row(read_capped(path, ROW_BYTES_MAX), code_hash)
    except (OSError, FormatError, ValueError):
        return None
