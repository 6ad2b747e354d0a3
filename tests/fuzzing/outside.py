"""What reads foreign bytes outside the packages of `tests/decoders/registry.py`, or around them.

The forms of HTTP bodies, tokens, and open data; files in which others lie; and files that are
decoded and judged. Each promises what a decoder promises.
"""

import json
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from api.ocds.packaging import check_package
from api.schemas.submitted import read_bundle
from api.schemas.wished import read_code, read_wish
from api.token import read_token
from cli.ocds.files import items_in
from cli.ocds.records import Reader, RefusedRelease, Release
from cli.seats.files import decode_invitation, decode_request
from contracts.catalogue import load_catalogue
from ledger.carriers.court_zip import CourtZip
from ledger.carriers.ocds_package import package_value, receipts_in
from ledger.codes import Code
from ledger.core.bundle import Bundle, decode_bundle
from ledger.core.identifiers import MemberId, NetworkId
from ledger.core.limits import DEFAULT
from ledger.core.receipt import decode_receipt
from ledger.core.record import decode_record
from ledger.court_bundles import CourtBundle, _read, check_court_bundle
from ledger.errors import LedgerError
from ledger.judging import judge
from ledger.presented import Presented, decode_presented
from ledger.reliance import Reliance
from ledger.trust import TrustRoot, decode_trust
from tests.decoders.registry import Decoder, Same, Spelling
from tests.vectors.generate.court_bundle import packed
from tests.vectors.reading import VECTORS

FILE_BYTES_MAX = 1 << 20
NOW_MS = 1_800_000_000_000
FIELDS = {key: kind.fields for key, kind in load_catalogue().types.items()}
RELEASES = Reader(MemberId("centre"), NetworkId(bytes(32)), FIELDS, NOW_MS)
SCRATCH = Path(tempfile.gettempdir())


def vector_trusts() -> dict[str, TrustRoot]:
    """The trust roots of the vectors, by name."""
    told = json.loads((VECTORS / "receipt" / "trusts.json").read_text(encoding="utf-8"))
    return {each["name"]: decode_trust(json.dumps(each["trust"]).encode()) for each in told}


TRUSTS = vector_trusts()
RELIANCE = Reliance((TRUSTS["four departments"],))
OPEN_DATA = Reliance(
    tuple(
        {
            each["trust"]: decode_trust(each["trust"].encode())
            for each in json.loads((VECTORS / "open_data" / "packages.json").read_text())
        }.values()
    )
)


def opened_zip(data: bytes) -> dict[str, bytes]:
    """Every file in a court bundle."""
    bundle = CourtZip(BytesIO(data))
    return {name: bundle.read(name, FILE_BYTES_MAX) for name in bundle.entries}


def opened_bundle(data: bytes) -> CourtBundle:
    """A court bundle whose parts fit together."""
    bundle = _read(CourtZip(BytesIO(data)))
    check_court_bundle(bundle)
    return bundle


def opened_package(data: bytes) -> dict[str, bytes]:
    """The receipts in open data, decoded and compared with what is told around them."""
    package = package_value(data)
    found = receipts_in(package)
    receipts = [decode_receipt(each) for each in found.values()]
    check_package(package, receipts, OPEN_DATA.root_of)
    return found


def judged(data: bytes) -> bool:
    """Whether a presented file holds."""
    (outcome,) = judge([Presented("", decode_presented(data))], RELIANCE, ())
    if outcome.problem is not None:
        raise outcome.problem
    return True


def imported(data: bytes) -> list[Release]:
    """The releases of open data that somebody anchors; the first that is refused refuses all."""
    with tempfile.NamedTemporaryFile(dir=SCRATCH) as given:
        given.write(data)
        given.flush()
        read = [RELEASES.judged(each) for each in items_in(Path(given.name))]
    for each in read:
        if isinstance(each, RefusedRelease):
            raise LedgerError(each.reason.code, **each.reason.detail)
        for record in each.records:
            decode_record(record.encode())
    return [each for each in read if isinstance(each, Release)]


def _posted(data: bytes) -> Bundle:
    return read_bundle(data, DEFAULT)


def _same_bundle(bundle: Bundle, data: bytes) -> bool:
    return bool(data) and decode_bundle(bundle.encode()) == bundle


def _token(data: bytes) -> Any:
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as problem:
        raise LedgerError(Code.IDENTITY_TOKEN, what="ASCII") from problem
    return read_token(text)


def _wish(data: bytes) -> Any:
    return read_code(data) if b'"code"' in data else read_wish(data)


def _given(
    name: str,
    reads: Callable[..., Any],
    decode: Callable[[bytes], Any],
    spelling: Spelling = Spelling.JSON,
    same: Same = lambda value, data: True,
) -> Decoder:
    """A reader whose inputs come from the vectors, and which is not spelled by its value."""
    refusals = (LedgerError,)
    return Decoder(name, reads, decode, bytes, st.nothing(), spelling, same, refusals, whole=False)


OUTSIDE = [
    _given(
        "court_zip",
        CourtZip,
        opened_zip,
        Spelling.TEXT,
        # The form has one spelling.
        lambda files, data: packed(files) == data,
    ),
    _given("court_bundle", check_court_bundle, opened_bundle, Spelling.TEXT),
    _given("open_data", package_value, opened_package),
    _given("presented", decode_presented, decode_presented),
    _given("judged", judge, judged),
    _given("http_bundle", read_bundle, _posted, same=_same_bundle),
    _given("http_wish", read_wish, _wish),
    _given("http_token", read_token, _token, Spelling.TEXT),
    _given("ocds_import", items_in, imported),
    _given("seat_invitation", decode_invitation, decode_invitation),
    _given("seat_request", decode_request, decode_request),
]
