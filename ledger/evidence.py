"""Evidence as it is handed in: files by themselves, and what holds many: bundles, open data.

Both are opened here into what they hold; from then on nothing knows that it came in one. Reads
local files only; never opens a connection. Spec: ``docs/spec/verifying.md``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from ledger.carriers.court_zip import START as ZIP_START
from ledger.carriers.ocds_package import (
    PACKAGE_BYTES_MAX,
    package_value,
    receipts_in,
    says_package,
)
from ledger.codes import Code
from ledger.core.batch import DocumentDigest
from ledger.core.receipt import Receipt, decode_receipt
from ledger.court_bundles import HELD_BYTES_MAX, CourtBundle, check_court_bundle, read_court_bundle
from ledger.errors import FormatError
from ledger.files import read_capped
from ledger.presented import FILE_BYTES_MAX, Presented, decode_presented

PRESENTED_BYTES_MAX: Final = 512 << 20
"""All files together: they are judged together, and held until then."""
PackageCheck: TypeAlias = Callable[[Mapping[str, Any], Sequence[Receipt]], None]
"""Compares what open data says with what the receipts inside say, and raises where it differs."""


@dataclass(slots=True)
class Evidence:
    """What was handed in, decoded and not judged."""

    presented: list[Presented] = field(default_factory=list)
    documents: list[DocumentDigest] = field(default_factory=list)
    """Originals that lay in bundles."""


def read_evidence(paths: Iterable[Path], check: PackageCheck | None = None) -> Evidence:
    """The files at some paths.

    Args:
        paths: of files.
        check: of open data; None: it is told that it was not compared.

    Raises:
        OSError: a file cannot be read.
        FormatError: as `presented.decode_presented`; `court_bundle.*`; `verify.too_large` for all
            of them together.
    """
    found, size = Evidence(), 0
    for path in paths:
        if is_bundle(path):
            bundle = read_court_bundle(path)
            _open(bundle, str(path), found)
            size += HELD_BYTES_MAX
        else:
            data = read_capped(path, PACKAGE_BYTES_MAX)
            size += len(data)
            found.presented += _opened(data, str(path), check)
        if size > PRESENTED_BYTES_MAX:
            raise FormatError(Code.VERIFY_TOO_LARGE, limit=PRESENTED_BYTES_MAX)
    return found


def is_bundle(path: Path) -> bool:
    """Whether a file begins like a ZIP file; raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return file.read(len(ZIP_START)) == ZIP_START


def _opened(data: bytes, name: str, check: PackageCheck | None) -> list[Presented]:
    """What a file is, or the receipts that it holds."""
    if not says_package(data):
        if len(data) > FILE_BYTES_MAX:
            raise FormatError(Code.FORMAT_TOO_LARGE, size=len(data), limit=FILE_BYTES_MAX)
        return [Presented(name, decode_presented(data))]
    package = package_value(data)
    receipts = {where: decode_receipt(each) for where, each in receipts_in(package).items()}
    if check is not None:
        check(package, list(receipts.values()))
    return [
        Presented(f"{name}: {where}", each, is_compared=check is not None)
        for where, each in receipts.items()
    ]


def _open(bundle: CourtBundle, name: str, found: Evidence) -> None:
    """Put what a bundle holds beside what was presented by itself."""
    check_court_bundle(bundle)
    inside = [Presented(f"{name}: {each}", held) for each, held in bundle.receipts.items()]
    inside += [
        Presented(f"{name}: {each}", decode_presented(data))
        for each, data in bundle.presented.items()
    ]
    for each, original in bundle.originals.items():
        if not any(one.names(original) for one in inside):
            raise FormatError(Code.COURT_BUNDLE_ORIGINAL, name=each)
    found.presented += inside
    found.documents += bundle.originals.values()
