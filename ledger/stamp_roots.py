"""Whose word about time a reader takes: PEM files of time stamping authorities.

`NAME.tsa.pem` holds the certificates that stand for the authority which the reader calls NAME: its
own, or those of whoever answers for it. Spec: ``docs/spec/time_stamps.md``.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from cryptography import x509

from ledger.codes import Code
from ledger.errors import FormatError
from ledger.files import read_capped
from ledger.time_stamps import Authority, TimeTrust

SUFFIX: Final = ".tsa.pem"
AUTHORITIES_MAX: Final = 32
ANCHORS_MAX: Final = 16
ROOTS_BYTES_MAX: Final = 256 * 1024


def roots_under(paths: Iterable[Path]) -> Iterator[Path]:
    """The files of authorities in those of `paths` that are folders, by name.

    Raises:
        OSError: a folder cannot be read.
    """
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.glob(f"*{SUFFIX}") if each.is_file())


def read_authority(path: Path) -> Authority:
    """The authority that a file stands for.

    Raises:
        OSError: the file cannot be read.
        FormatError: `time_stamp.roots` where it holds no certificate, or too many.
    """
    name = path.name.removesuffix(SUFFIX).removesuffix(".pem")
    return authority_from(name, read_capped(path, ROOTS_BYTES_MAX))


def authority_from(name: str, pem: bytes) -> Authority:
    """The authority that some certificates stand for; raises `time_stamp.roots`.

    Args:
        name: as the reader calls it.
        pem: one certificate after another.
    """
    try:
        anchors = tuple(x509.load_pem_x509_certificates(pem))
    except ValueError as problem:
        raise FormatError(Code.TIME_STAMP_ROOTS, name=name) from problem
    if not 0 < len(anchors) <= ANCHORS_MAX:
        raise FormatError(Code.TIME_STAMP_ROOTS, name=name)
    return Authority(name, anchors)


def time_trust(
    authorities: Iterable[Authority], demanded: Iterable[str] = (), before_ms: int | None = None
) -> TimeTrust | None:
    """Whose word about time counts and what is demanded; None where there is neither.

    Args:
        authorities: whom the reader trusts.
        demanded: names of those that must have stamped.
        before_ms: before this.

    Raises:
        FormatError: `time_stamp.roots` for a name twice, for too many, and for one that is
            demanded and not among them: a demand that nobody could meet must not wait for its day.
    """
    known: dict[str, Authority] = {}
    for each in authorities:
        if each.name in known or len(known) == AUTHORITIES_MAX:
            raise FormatError(Code.TIME_STAMP_ROOTS, name=each.name)
        known[each.name] = each
    asked = tuple(dict.fromkeys(demanded))
    if unknown := [name for name in asked if name not in known]:
        raise FormatError(Code.TIME_STAMP_ROOTS, name=unknown[0][:80])
    if before_ms is not None and not known:
        raise FormatError(Code.TIME_STAMP_ROOTS, name=f"*{SUFFIX}")
    if not known:
        return None
    return TimeTrust(tuple(known.values()), asked, before_ms)
