"""The two files that say what a court bundle is: its manifest, and the digests of its files.

Holds and spells; never judges. Digests are spelled as `sha256sum -c` reads them, so that a reader
needs no software of ours to compare them. Spec: ``docs/spec/court_bundle.md``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ledger.codes import Code
from ledger.core.identifiers import Digest, NetworkId
from ledger.core.shapes import TIME_MAX
from ledger.core.strict_json import JsonValue, digest, dump, integer, load, text, versioned
from ledger.errors import FormatError

FORMAT: Final = "bidwitness.court-bundle"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
DIGESTS: Final = "SHA256SUMS"
MANIFEST_BYTES_MAX: Final = 16 * 1024
DIGESTS_BYTES_MAX: Final = 8 << 20
ABOUT_MAX: Final = 256
_NAMES: Final = ("network_id", "network_name", "about", "made_at_ms", "records_count")
_LINE: Final = re.compile(r"([0-9a-f]{64})  ([!-~]{1,180})")


@dataclass(frozen=True, slots=True)
class CourtManifest:
    """What a bundle says of itself."""

    network_id: NetworkId
    network_name: str
    about: str
    """The subject or the record that was asked for."""
    made_at_ms: int
    """By the clock of whoever made it; proves nothing."""
    records_count: int

    def encode(self) -> bytes:
        """The manifest as a file."""
        value: JsonValue = {
            "format": FORMAT,
            "version": VERSION,
            "network_id": self.network_id.hex(),
            "network_name": self.network_name,
            "about": self.about,
            "made_at_ms": self.made_at_ms,
            "records_count": self.records_count,
        }
        return dump(value)


def decode_manifest(data: bytes) -> CourtManifest:
    """The manifest that `data` spells.

    Raises:
        FormatError: a `format.*` code.
    """
    value = load(data, MANIFEST_BYTES_MAX)
    network_id, name, about, made, count = versioned(value, FORMAT, VERSION, _NAMES)
    return CourtManifest(
        NetworkId(digest(network_id, "network_id")),
        text(name, "network_name", ABOUT_MAX),
        text(about, "about", ABOUT_MAX),
        integer(made, "made_at_ms", 0, TIME_MAX),
        integer(count, "records_count"),
    )


def encode_digests(digests: Mapping[str, Digest]) -> bytes:
    """The digests as a file, one line for each, in the order of `digests`."""
    return "".join(f"{found.hex()}  {name}\n" for name, found in digests.items()).encode()


def parse_digests(data: bytes) -> dict[str, Digest]:
    """The digests that `data` spells, by name.

    Raises:
        FormatError: `court_bundle.form`.
    """
    found: dict[str, Digest] = {}
    if len(data) <= DIGESTS_BYTES_MAX and data.isascii():
        for line in data.decode().split("\n"):
            said = _LINE.fullmatch(line)
            if said is not None:
                found[said[2]] = Digest(bytes.fromhex(said[1]))
    if encode_digests(found) != data:
        raise FormatError(Code.COURT_BUNDLE_FORM, what=DIGESTS)
    return found
