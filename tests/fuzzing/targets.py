"""Every target: a decoder, how its inputs are bent, where it starts, and who else is asked."""

from dataclasses import dataclass
from functools import cache

from tests.decoders.registry import ALL, Decoder, Spelling
from tests.fuzzing.bending import (
    Bend,
    bent_der,
    bent_file,
    bent_frame,
    bent_json,
    bent_msgpack,
    bent_paper,
    bent_posting,
    bent_presented,
    bent_proof,
    bent_text,
    bent_token,
    bent_zip,
)
from tests.fuzzing.comparing import COMPARED, Compare
from tests.fuzzing.outside import OUTSIDE
from tests.fuzzing.seeds import drawn_seeds, papers, vector_seeds

HEAVY = {
    **dict.fromkeys(("decode_receipt", "decode_certificate_pdf", "presented", "judged"), 3),
    **dict.fromkeys(("court_bundle", "open_data", "http_bundle", "ocds_import"), 3),
    **dict.fromkeys(("decode_message", "Codec.decode", "decode_record", "decode_bundle"), 2),
    **dict.fromkeys(("decode_genesis", "decode_trust", "decode_token", "decode_payload"), 2),
}
"""Those with much inside get so many shares of the time."""


@dataclass(frozen=True, slots=True)
class Target:
    """One decoder to be fuzzed."""

    decoder: Decoder
    compare: Compare | None

    @property
    def name(self) -> str:
        """As on the command line, and of its corpus."""
        return self.decoder.name

    @property
    def shares(self) -> int:
        """Of the time of a campaign."""
        return HEAVY.get(self.name, 1)

    def seeds(self) -> list[bytes]:
        """Inputs to start from."""
        return [*vector_seeds(self.name), *drawn_seeds(self.decoder)]

    def bend(self) -> Bend:
        """The changes that know how an input is built."""
        return _bend(self.decoder)


TARGETS = {each.name: Target(each, COMPARED.get(each.name)) for each in (*ALL, *OUTSIDE)}
PLAIN: dict[Spelling, Bend] = {
    Spelling.MSGPACK: bent_msgpack,
    Spelling.FRAME: bent_frame,
    Spelling.TEXT: bent_text,
    Spelling.FILE: bent_file,
}


@cache
def _receipts() -> tuple[bytes, ...]:
    return tuple(vector_seeds("decode_receipt")[:20])


def _bend(decoder: Decoder) -> Bend:
    match decoder.name:
        case "decode_token" | "granted_token":
            return bent_der
        case "parse_tlog_proof":
            return bent_proof(bent_json(_receipts()))
        case "decode_certificate_pdf":
            return bent_paper(papers(), _receipts())
        case "court_zip" | "court_bundle":
            return bent_zip(bent_json(_receipts()), bent_paper(papers(), _receipts()))
        case "presented" | "judged":
            return bent_presented(bent_json(_receipts()), bent_paper(papers(), _receipts()))
        case "http_bundle":
            return bent_posting(bent_json(vector_seeds("http_bundle")))
        case "http_token":
            return bent_token(bent_json(()))
    if decoder.spelling is Spelling.JSON:
        given = vector_seeds(decoder.name) or drawn_seeds(decoder)
        return bent_json(given)
    return PLAIN[decoder.spelling]
