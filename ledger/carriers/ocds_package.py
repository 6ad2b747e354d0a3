"""The receipts inside an OCDS record package: where they stand, as bytes, and nothing judged.

Open data has fractions and names of any kind, which no file of proofs has; so it is read by itself,
and each receipt is handed on as the strict file that it was. Spec: ``docs/spec/ocds.md``.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from ledger.codes import Code
from ledger.errors import FormatError
from ledger.json_objects import check_nesting, distinct

PACKAGE_BYTES_MAX: Final = 32 << 20
RECEIPTS_MAX: Final = 2_000
"""Different receipts, and processes: each has at least one."""
ITEMS_MAX: Final = 1 << 21
"""Values in one package: bounds what brackets alone can make the parser allocate."""
DEPTH_MAX: Final = 64
"""Of the package; the receipts inside may nest half as deep."""
LISTED: Final = "ledgerRecords"
_WORDS: Final = (f'"{LISTED}"'.encode(), b'"records"', b'"receipt"')


def says_package(data: bytes) -> bool:
    """Whether a file looks like open data with receipts; a broken one may as well."""
    return data.lstrip()[:1] == b"{" and all(word in data for word in _WORDS)


def package_value(data: bytes) -> dict[str, Any]:
    """The JSON object that a package is.

    Raises:
        FormatError: `format.too_large`, `.json`, `.duplicate`, `.too_deep`, `.not_allowed` or
            `.shape`.
    """
    if len(data) > PACKAGE_BYTES_MAX:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(data), limit=PACKAGE_BYTES_MAX)
    items = sum(data.count(mark) for mark in (b",", b"[", b"{"))
    if items > ITEMS_MAX:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=items, limit=ITEMS_MAX)
    try:
        value = json.loads(data.decode(), object_pairs_hook=distinct, parse_constant=_no_number)
    except RecursionError as problem:
        raise FormatError(Code.FORMAT_TOO_DEEP, limit=DEPTH_MAX) from problem
    except ValueError as problem:
        raise FormatError(Code.FORMAT_JSON, reason=str(problem)[:100]) from problem
    check_nesting(data, value, DEPTH_MAX)
    if not isinstance(value, dict) or not isinstance(value.get("records"), list):
        raise FormatError(Code.FORMAT_SHAPE, what="records")
    if len(value["records"]) > RECEIPTS_MAX:
        raise FormatError(Code.FORMAT_TOO_LARGE, size=len(value["records"]), limit=RECEIPTS_MAX)
    return value


def receipts_in(package: dict[str, Any]) -> dict[str, bytes]:
    """The receipts of a package by JSON Pointer, each as a file; the same one is given once.

    Raises:
        FormatError: `format.shape` where one is missing or nowhere is any; `format.too_large`.
    """
    found: dict[str, bytes] = {}
    seen: set[bytes] = set()
    for pointer, listed in _lists(package):
        for place, each in enumerate(listed):
            here = f"{pointer}/{place}"
            if not isinstance(each, dict) or not isinstance(each.get("receipt"), dict):
                raise FormatError(Code.FORMAT_SHAPE, what=f"{here}/receipt")
            data = json.dumps(each["receipt"], ensure_ascii=False).encode()
            if data not in seen:
                seen.add(data)
                found[here] = data
            if len(found) > RECEIPTS_MAX:
                raise FormatError(Code.FORMAT_TOO_LARGE, size=len(found), limit=RECEIPTS_MAX)
    if not found:
        raise FormatError(Code.FORMAT_SHAPE, what=LISTED)
    return found


def _lists(package: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """The lists of ledger records: of each release, then of its process."""
    for at, record in enumerate(package["records"]):
        if not isinstance(record, dict):
            raise FormatError(Code.FORMAT_SHAPE, what=f"/records/{at}")
        releases = record.get("releases")
        for place, release in enumerate(releases if isinstance(releases, list) else []):
            if not isinstance(release, dict) or not isinstance(release.get(LISTED), list):
                raise FormatError(
                    Code.FORMAT_SHAPE, what=f"/records/{at}/releases/{place}/{LISTED}"
                )
            yield f"/records/{at}/releases/{place}/{LISTED}", release[LISTED]
        beside = record.get(LISTED, [])
        if not isinstance(beside, list):
            raise FormatError(Code.FORMAT_SHAPE, what=f"/records/{at}/{LISTED}")
        yield f"/records/{at}/{LISTED}", beside


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")
