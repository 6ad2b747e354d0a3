"""What a node keeps of an extraction code: its package's facts, its end, and each of its uses.

Frozen values and their one spelling as a file. Of the code itself there is the hash only, as the
file's name. Spec: ``docs/spec/court_code.md``.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from ledger.core import strict_json
from ledger.core.identifiers import Digest, MemberId, RecordId, check_name
from ledger.core.shapes import TIME_MAX
from ledger.core.strict_json import JsonValue
from ledger.court_bundles import RECORDS_MAX

LIFE_MS: Final = 90 * 24 * 3_600_000
"""From the making to the end."""
GIVEN_MAX: Final = 50
"""How often one code opens its package: a court's registry, its judges, both sides. More often is a
sign that it went further than it should have."""
USES_MAX: Final = 80
"""Lines of uses that are kept of one code, refused ones among them."""
ROW_BYTES_MAX: Final = 256 << 10
_FORMAT: Final = "bidwitness.court-code"
_VERSION: Final = 1
_NAMES: Final = (
    *("member", "about", "record_ids", "package_sha256", "package_bytes"),
    *("made_at_ms", "expires_at_ms", "ended_at_ms", "revoked", "uses"),
)
_USE: Final = ("at_ms", "place", "outcome")
_ABOUT_MAX: Final = 256
_PLACE_MAX: Final = 64


class Outcome(StrEnum):
    """What became of one use."""

    GIVEN = "given"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SPENT = "spent"
    """It had opened its package `GIVEN_MAX` times."""
    HIDDEN = "hidden"
    """Its maker may not see all of the package any more."""


@dataclass(frozen=True, slots=True)
class Use:
    """One time that a code was typed."""

    at_ms: int
    place: str
    """The network that it came from, of `place_of`."""
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code without the code."""

    code_hash: Digest
    member: MemberId
    """Who made it."""
    about: str
    """The subject or the record that was asked for."""
    record_ids: tuple[RecordId, ...]
    """What the package holds."""
    package_sha256: Digest
    package_bytes: int
    made_at_ms: int
    expires_at_ms: int
    ended_at_ms: int = 0
    """When this node saw that it was over; 0 while it opens. A clock that is set back does not
    make it open again."""
    revoked: bool = False
    """Whether its maker ended it."""
    uses: tuple[Use, ...] = ()

    def ended(self, at_ms: int, *, revoked: bool) -> "CodeRow":
        """The same, over."""
        return replace(self, ended_at_ms=at_ms, revoked=revoked)

    @property
    def given_count(self) -> int:
        """How often it opened its package."""
        return sum(each.outcome is Outcome.GIVEN for each in self.uses)

    def encode(self) -> bytes:
        """The row as a file."""
        uses: list[JsonValue] = [
            {"at_ms": each.at_ms, "place": each.place, "outcome": each.outcome.value}
            for each in self.uses
        ]
        return strict_json.dump(
            {
                "format": _FORMAT,
                "version": _VERSION,
                "member": self.member,
                "about": self.about,
                "record_ids": [each.hex() for each in self.record_ids],
                "package_sha256": self.package_sha256.hex(),
                "package_bytes": self.package_bytes,
                "made_at_ms": self.made_at_ms,
                "expires_at_ms": self.expires_at_ms,
                "ended_at_ms": self.ended_at_ms,
                "revoked": self.revoked,
                "uses": uses,
            }
        )


def decode_row(data: bytes, code_hash: Digest) -> CodeRow:
    """The row that a file spells.

    Raises:
        FormatError: a `format.*` code.
        ValueError: an outcome that there is not.
    """
    value = strict_json.load(data, ROW_BYTES_MAX)
    member, about, ids, package, size, made, expires, ended, revoked, uses = strict_json.versioned(
        value, _FORMAT, _VERSION, _NAMES
    )
    listed = strict_json.listing(ids, "record_ids", RECORDS_MAX)
    return CodeRow(
        code_hash,
        MemberId(check_name(strict_json.text(member, "member", 32), "member")),
        strict_json.text(about, "about", _ABOUT_MAX),
        tuple(RecordId(strict_json.digest(each, "record_ids")) for each in listed),
        strict_json.digest(package, "package_sha256"),
        strict_json.integer(size, "package_bytes"),
        _time(made),
        _time(expires),
        _time(ended),
        revoked is True,
        tuple(_use(each) for each in strict_json.listing(uses, "uses", USES_MAX)),
    )


def place_of(address: str) -> str:
    """From where a code was typed, as far as it is anybody's business: a network, not a person.

    IPv4 to 256 addresses, IPv6 to a site; what comes from this machine itself may be anybody's
    behind a proxy, and is called ``local``.
    """
    found = _address(address)
    if found is None:
        return "unknown"
    if found.is_loopback:
        return "local"
    prefix = 24 if isinstance(found, IPv4Address) else 48
    return str(ip_network((found, prefix), strict=False))


def neighbourhood_of(address: str) -> str:
    """Whom one address stands for when attempts are counted: itself, or an IPv6 line of 64 bits."""
    found = _address(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found) if found is not None else "unknown"


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return found if mapped is None else mapped


def _time(value: JsonValue) -> int:
    return strict_json.integer(value, "time", 0, TIME_MAX)


def _use(value: JsonValue) -> Use:
    fields = strict_json.table(value, "uses", _USE)
    place = strict_json.text(fields["place"], "place", _PLACE_MAX)
    return Use(_time(fields["at_ms"]), place, Outcome(str(fields["outcome"])))
