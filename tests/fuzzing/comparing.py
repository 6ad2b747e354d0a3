"""Second opinions: what another reader of the same bytes must say where a decoder accepts them.

A strict decoder accepts less than others. What it accepts, a library that knows nothing of us must
read as the same, or two people who are shown one file would see two.
"""

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any, TypeAlias

import msgpack
from asn1crypto import cms, tsp
from pyhanko.pdf_utils.reader import PdfFileReader

from ledger.certificate_pdfs import PaperCertificate
from ledger.core import canonical
from ledger.core.bundle import pool_key
from ledger.core.payload import pool_keys
from ledger.core.time_stamp import Token

Compare: TypeAlias = Callable[[Any, bytes], None]
SIZE_MAX = 1 << 24


def same_msgpack(_: Any, data: bytes) -> None:
    """Any msgpack library reads it, and the slow decoder of the profile takes what a fast one took."""
    value = canonical.decode(data, SIZE_MAX)
    assert value == msgpack.unpackb(data, use_list=False, strict_map_key=True)


def same_keys(bundles: Any, data: bytes) -> None:
    """What passes records by names the same bundles as what reads them all."""
    same_msgpack(bundles, data)
    assert pool_keys(data) == tuple(pool_key(each.header_bytes, each.signature) for each in bundles)


def same_json(value: Any, data: bytes) -> None:
    """Any JSON library reads the same."""
    assert value == json.loads(data)


def same_zip(files: Any, data: bytes) -> None:
    """Any ZIP reader sees the same files."""
    with zipfile.ZipFile(BytesIO(data)) as other:
        assert {name: other.read(name) for name in other.namelist()} == files


def same_attachment(paper: PaperCertificate, data: bytes) -> None:
    """A whole PDF library sees the receipt, and nothing else, as the file inside."""
    reader = PdfFileReader(BytesIO(data))
    (_, listed) = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    assert listed.get_object()["/EF"]["/F"].data == paper.pdf.receipt
    assert reader.total_revisions == 1


def same_token(token: Token, data: bytes) -> None:
    """A whole ASN.1 library reads the same time, imprint and signature."""
    signed = cms.ContentInfo.load(data, strict=True)["content"]
    info = tsp.TSTInfo.load(token.info_bytes, strict=True)
    (signer,) = signed["signer_infos"]
    assert info["serial_number"].native == token.info.serial
    assert info["message_imprint"]["hashed_message"].native == token.info.imprint
    assert signer["signature"].native == token.signature


COMPARED: dict[str, Compare] = {
    "decode": same_msgpack,
    "decode_record": same_msgpack,
    "decode_entry": same_msgpack,
    "decode_header": same_msgpack,
    "decode_bundle": same_msgpack,
    "decode_payload": same_keys,
    "decode_header_of_block": same_msgpack,
    "decode_certificate": same_msgpack,
    "decode_genesis": same_msgpack,
    "decode_chunk": same_msgpack,
    "decode_state_chunk": same_msgpack,
    "decode_message": same_msgpack,
    "decode_prepared": same_msgpack,
    "decode_fault": same_msgpack,
    "_decode_entries": same_msgpack,
    "load": same_json,
    "court_zip": same_zip,
    "decode_certificate_pdf": same_attachment,
    "decode_token": same_token,
}
"""By target; whoever is not here has no second reader that would know more than msgpack or JSON."""
