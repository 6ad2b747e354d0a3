"""Evidence as it is handed in: files by themselves, and court bundles, which hold many.

A bundle is opened here into what it holds; from then on nothing knows that it came in one. Reads
local files only; never opens a connection. Spec: ``docs/spec/verifying.md``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ledger.carriers.court_zip import START as ZIP_START
from ledger.codes import Code
from ledger.core.batch import DocumentDigest
from ledger.court_bundles import HELD_BYTES_MAX, CourtBundle, check_court_bundle, read_court_bundle
from ledger.errors import FormatError
from ledger.files import read_capped
from ledger.presented import FILE_BYTES_MAX, Presented, decode_presented

PRESENTED_BYTES_MAX: Final = 512 << 20
"""All files together: they are judged together, and held until then."""


@dataclass(slots=True)
class Evidence:
    """What was handed in, decoded and not judged."""

    presented: list[Presented] = field(default_factory=list)
    documents: list[DocumentDigest] = field(default_factory=list)
    """Originals that lay in bundles."""


def read_evidence(paths: Iterable[Path]) -> Evidence:
    """The files at some paths.

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
            data = read_capped(path, FILE_BYTES_MAX)
            size += len(data)
            found.presented.append(Presented(str(path), decode_presented(data)))
        if size > PRESENTED_BYTES_MAX:
            raise FormatError(Code.VERIFY_TOO_LARGE, limit=PRESENTED_BYTES_MAX)
    return found


def is_bundle(path: Path) -> bool:
    """Whether a file begins like a ZIP file; raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return file.read(len(ZIP_START)) == ZIP_START


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
