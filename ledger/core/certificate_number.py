"""The number of a piece of evidence for people: network, place in the log, and a check character.

Short enough to be read out over the telephone. One mistyped character is noticed, and nearly always
that two were exchanged. It names a record and proves nothing.
Spec: ``docs/spec/certificate_pdf.md``; ISO/IEC 7064.
"""

import re
from typing import Final

from ledger.codes import Code
from ledger.core.identifiers import LogIndex
from ledger.errors import FormatError

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NAME_MAX: Final = 12
"""Characters of the network's short name."""
NUMBER_MAX: Final = 64
"""Characters of a whole number; an index has at most 19 digits."""
_GROUP: Final = 4
_GROUPS_LEAST: Final = 2
_NUMBER: Final = re.compile(r"[0-9A-Z]{1,12}(-[0-9]{4}){2,5}-[0-9A-Z]")


def short_name(domain: str) -> str:
    """A network's short name: the first label of its domain, in capitals, without hyphens."""
    label = domain.partition(".")[0].upper().replace("-", "")
    return "".join(each for each in label if each in ALPHABET)[:NAME_MAX] or "0"


def certificate_number(domain: str, index: LogIndex) -> str:
    """The number of the record whose place is `index`, such as ``JINCHENG-0000-0042-K``.

    Args:
        domain: of the network's genesis.
        index: of its entry in the log; of a record that was sealed, its commitment's.
    """
    name, digits = short_name(domain), str(index)
    width = max(_GROUPS_LEAST, -(-len(digits) // _GROUP)) * _GROUP
    padded = digits.zfill(width)
    groups = [padded[at : at + _GROUP] for at in range(0, width, _GROUP)]
    return "-".join([name, *groups, check_character(name + padded)])


def parse_certificate_number(text: str, domain: str) -> LogIndex:
    """The place in the log that a number of this network names.

    Args:
        text: in its only spelling, but for small letters and blanks around it.
        domain: of the network's genesis.

    Raises:
        FormatError: `certificate_pdf.number`.
    """
    given = text.strip().upper()
    if _NUMBER.fullmatch(given) and len(given) <= NUMBER_MAX:
        index = LogIndex(int("".join(given.split("-")[1:-1])))
        if certificate_number(domain, index) == given:
            return index
    raise FormatError(Code.CERTIFICATE_PDF_NUMBER, number=text[:NUMBER_MAX])


def check_character(text: str) -> str:
    """The check character over `text` by ISO/IEC 7064 MOD 37,36."""
    carry = len(ALPHABET)
    for each in text:
        carry = (carry + ALPHABET.index(each)) % 36 or 36
        carry = carry * 2 % 37
    return ALPHABET[(37 - carry) % 36]
