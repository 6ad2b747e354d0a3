"""Where each target starts: what the vectors hold, and what the strategies of the registry draw.

So that the corpus in the repository need only keep what is reached from none of these.
"""

import base64
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from cli.seats.files import Invitation, InvitedPeer, NodeRequest
from ledger.core.committee import CommitteeNode
from ledger.core.identifiers import Digest, Epoch, MemberId, NetworkId, NodeId, PublicKey
from tests.api.json_bundle import bundle_json
from tests.cli.test_ocds_records import GOOD
from tests.consensus.tls_folder import make_identity
from tests.decoders.registry import Decoder
from tests.javascript.paper_mutants import certificates
from tests.vectors.generate.bundles import bundle_over
from tests.vectors.generate.receipts import world
from tests.vectors.reading import VECTORS
from tests.vectors.small_network import signer

DRAWN = 12
"""Values of each strategy."""
DRAWN_OF = {"decode_message": 60, "Codec.decode": 60, "_decode_entries": 30, "Journal": 30}
"""Of strategies with many kinds inside."""
SEED_BYTES_MAX = 64 << 10


@dataclass(frozen=True, slots=True)
class Source:
    """One field of the cases of a vector file."""

    file: str
    field: str
    read: Callable[[Any], bytes]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _hex(*places: str) -> list[Source]:
    return [_source(place, bytes.fromhex) for place in places]


def _texts(*places: str) -> list[Source]:
    return [_source(place, str.encode) for place in places]


def _values(*places: str) -> list[Source]:
    return [_source(place, _json) for place in places]


def _base64(*places: str) -> list[Source]:
    return [_source(place, base64.b64decode) for place in places]


def _source(place: str, read: Callable[[Any], bytes]) -> Source:
    file, _, field = place.rpartition("/")
    return Source(file, field, read)


RECEIPTS = _values(
    "receipt/accepted/receipt",
    "receipt/sealed_accepted/receipt",
    "receipt/outside_accepted/receipt",
    "receipt/stamped_accepted/receipt",
    "receipt/epochs_accepted/receipt",
    "receipt/refused/receipt",
)
PRESENTED = {
    "decode_openings": _values("openings/openings/openings"),
    "decode_batch_proof": _values("openings/batch_proofs/proof"),
    "decode_bid_proof": _values("bid_proof/proofs/proof"),
    "decode_sealed_file": _values("sealed/files/file"),
    "decode_misconduct_file": _values("misconduct/proofs/file", "misconduct/refused_files/file"),
    "decode_status_answer": _values("status_answer/answers/answer"),
    "decode_receipt": [*RECEIPTS, *_texts("receipt/refused_files/text")],
}
PROOFS = _texts("tlog_proof/accepted/proof", "tlog_proof/refused/proof")
PAPERS = _base64("certificate_pdf/files/file", "certificate_pdf/refused_files/file")
ALL_PRESENTED = [
    *(each for sources in PRESENTED.values() for each in sources[:1]),
    *_texts("verifying/refused_files/text"),
    *PROOFS[:1],
    *PAPERS[:1],
]
SOURCES: dict[str, list[Source]] = PRESENTED | {
    "decode": _hex("canonical/values/data", "canonical/refused/data"),
    "decode_record": _hex("record/records/data", "record/refused/data"),
    "decode_entry": _hex("log/entries/data", "log/refused_entries/data"),
    "decode_header": _hex("bundle/bundles/header"),
    "decode_bundle": _hex("bundle/bundles/data", "bundle/refused/data"),
    "decode_payload": _hex("block/payloads/payload", "block/refused_payloads/data"),
    "pool_keys": _hex("block/payloads/payload", "block/refused_payloads/data"),
    "decode_header_of_block": _hex("block/headers/data", "block/refused_headers/data"),
    "header_from_leaf": _hex("block/headers/leaf"),
    "decode_certificate": _hex("certificate/certificates/data", "certificate/refused/data"),
    "decode_genesis": _hex("genesis/genesis/data", "genesis/refused/data"),
    "decode_list_proof": _hex("negative_list/proofs/proof", "negative_list/refused/proof"),
    "decode_fault": _hex("misconduct/proofs/proof", "misconduct/refused/data"),
    "decode_token": _base64("time_stamp/accepted/token", "time_stamp/refused/token"),
    "decode_trust": _texts("genesis/trust_files/text", "epochs/anchors/text"),
    "decode_epochs_file": _values("epochs/files/file"),
    "decode_deposit": _values("deposit/deposits/deposit"),
    "load": _texts("receipt/refused_files/text"),
    "split_bundle": _hex("tiles/bundles/data"),
    "parse_checkpoint": _texts("note/checkpoints/text"),
    "parse_note": _texts("note/notes/note"),
    "parse_policy": _texts("policy/files/policy", "policy/refused/policy"),
    "parse_tile_path": _texts("tiles/paths/name", "tiles/refused_paths/path"),
    "parse_add_checkpoint": _texts("add_checkpoint/exchanges/request"),
    "parse_tlog_proof": PROOFS,
    "parse_certificate_number": _texts("certificate_pdf/refused_numbers/number"),
    "decode_certificate_pdf": PAPERS,
    "court_zip": _hex("court_bundle/accepted/data", "court_bundle/refused/data"),
    "court_bundle": _base64("court_bundle/bundles/data"),
    "open_data": _texts("open_data/packages/package"),
    "presented": ALL_PRESENTED,
    "judged": ALL_PRESENTED,
}


def vector_seeds(name: str) -> list[bytes]:
    """What the vectors hold for a target, each once."""
    found: dict[bytes, None] = {}
    for source in SOURCES.get(name, []):
        for case in _cases(source.file):
            if case.get(source.field) is not None:
                found[source.read(case[source.field])] = None
    found |= dict.fromkeys(MADE[name]() if name in MADE else [])
    return [each for each in found if len(each) <= SEED_BYTES_MAX]


def drawn_seeds(decoder: Decoder) -> list[bytes]:
    """What the strategy of a decoder gives, spelled."""
    found: dict[bytes, None] = {}

    @settings(
        max_examples=DRAWN_OF.get(decoder.name, DRAWN),
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(decoder.values)
    def draw(value: Any) -> None:
        found[decoder.spell(value)] = None

    if not decoder.values.is_empty:
        draw()
    return [*found]


@cache
def _cases(file: str) -> list[Any]:
    loaded: list[Any] = json.loads((VECTORS / f"{file}.json").read_text(encoding="utf-8"))
    return loaded


def _postings() -> list[bytes]:
    """Bundles as an honest client writes them, with every part that a record may have."""
    records = [bytes.fromhex(case["data"]) for case in _cases("record/records")]
    bundles = [bundle_over(*records[:5]), *map(bundle_over, records)]
    return [_json(bundle_json(each)) for each in bundles]


def _wishes() -> list[bytes]:
    told = [json.loads(each)["records"][0] for each in _postings()]
    for each in told:
        del each["issuer"], each["nonce"]
        each["private"] = {"price_fen": 7, "bank": "兰州银行"}
    wishes = [{"sign": "records", "records": [each]} for each in told]
    return [_json(each) for each in (*wishes, {"sign": "login", "node": "a"}, {"code": "123 456"})]


def _tokens() -> list[bytes]:
    parts = (
        {"alg": "EdDSA", "kid": "00" * 32, "typ": "JWT"},
        {"iss": "centre", "aud": "00/a", "iat": 1_800_000_000, "exp": 1_800_000_060, "jti": "1"},
    )
    told = [base64.urlsafe_b64encode(_json(each)).rstrip(b"=") for each in parts]
    return [b".".join((*told, base64.urlsafe_b64encode(bytes(64)).rstrip(b"=")))]


def _releases() -> list[bytes]:
    """OCDS as people have it: a release, both packages, lines, with all that a mapping knows."""
    rich = GOOD | {
        "buyer": {"id": "B-1", "name": "采购人"},
        "parties": [{"id": "B-1", "name": "采购人", "roles": ["buyer"]}],
        "tender": {
            "id": "T",
            "title": "道路",
            "value": {"amount": 1234.5, "currency": "CNY"},
            "tenderPeriod": {
                "startDate": "2026-01-02T03:04:05Z",
                "endDate": "2026-02-02T03:04:05Z",
            },
            "documents": [{"id": "1", "url": "https://x.example/a.pdf", "format": "text/html"}],
            "items": [{"id": "1", "quantity": 3}],
            "lots": [{"id": "L1"}],
        },
        "awards": [{"id": "A", "value": {"amount": 1e2}, "suppliers": [{"id": "S", "name": "s"}]}],
        "contracts": [{"id": "C", "awardID": "A", "dateSigned": "2026-03-02T03:04:05+08:00"}],
    }
    package = {"version": "1.1", "releases": [GOOD, rich]}
    records = {"version": "1.1", "records": [{"ocid": "x", "releases": [rich]}]}
    lines = b"\n".join(map(_json, (GOOD, rich)))
    return [*map(_json, (GOOD, rich, package, records)), lines]


def _identity() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        pem = make_identity(Path(folder), "centre").certificate.read_text(encoding="ascii")
    return base64.b64decode("".join(pem.splitlines()[1:-1]))


def _invitations() -> list[bytes]:
    peers = {NodeId("centre"): InvitedPeer("10.0.0.7:9000", _identity())}
    return [Invitation(b"{}", Epoch(0), each).encode() for each in ({}, peers)]


def _requests() -> list[bytes]:
    keys = [PublicKey(signer(f"node {name}").public_key) for name in ("centre", "notary")]
    place = CommitteeNode(NodeId("a"), MemberId("centre"), keys[0], keys[1], Digest(bytes(32)))
    request = NodeRequest(
        *(NetworkId(bytes(32)), Epoch(1), place, "10.0.0.7:9000", _identity()),
        *(bytes(64), bytes(64)),
    )
    return [request.encode()]


def papers() -> list[bytes]:
    """Certificates that hold, of every form."""
    return certificates(world())


MADE: dict[str, Callable[[], list[bytes]]] = {
    "http_bundle": _postings,
    "http_wish": _wishes,
    "http_token": _tokens,
    "ocds_import": _releases,
    "seat_invitation": _invitations,
    "seat_request": _requests,
    "decode_certificate_pdf": papers,
}
"""What no vector holds, by target."""
