"""Certificates on paper: their numbers."""

from ledger.codes import Code
from ledger.core.certificate_number import certificate_number
from ledger.core.identifiers import LogIndex
from tests.vectors.generate.spelling import Cases

DOMAIN = "jincheng.bidwitness.example"


def vectors() -> dict[str, Cases]:
    """`certificate_pdf/`: numbers as they are made, and ways to mistype one."""
    return {
        "certificate_pdf/numbers.json": _numbers(),
        "certificate_pdf/refused_numbers.json": _refused(),
    }


def _numbers() -> Cases:
    return [
        {"name": name, "domain": domain, "index": str(index), "number": number}
        for name, domain, index, number in (
            ("the first record", DOMAIN, 0, "JINCHENG-0000-0000-7"),
            ("a record", DOMAIN, 42, "JINCHENG-0000-0042-O"),
            ("the last of two groups", DOMAIN, 99_999_999, "JINCHENG-9999-9999-H"),
            ("the first of three groups", DOMAIN, 100_000_000, "JINCHENG-0001-0000-0000-7"),
            ("the largest index", DOMAIN, 2**63 - 1, "JINCHENG-0922-3372-0368-5477-5807-K"),
            ("hyphens are left out", "lan-zhou-1.example", 42, "LANZHOU1-0000-0042-W"),
            (
                "twelve characters are kept",
                "abcdefghijklmnop.example",
                42,
                "ABCDEFGHIJKL-0000-0042-8",
            ),
        )
    ]


def _refused() -> Cases:
    right = certificate_number(DOMAIN, LogIndex(42))
    named, end = right[:-2], right[-2:]
    return [
        {"name": name, "domain": DOMAIN, "number": number, "code": Code.CERTIFICATE_PDF_NUMBER}
        for name, number in (
            ("another check character", named + "-0"),
            ("two digits exchanged", named[:-2] + "24" + end),
            ("one digit mistyped", named[:-1] + "3" + end),
            ("one group more than needed", named.replace("-0000", "-0000-0000") + end),
            ("one group only", "JINCHENG-0042-" + right[-1]),
            ("another network's", certificate_number("lanzhou.example", LogIndex(42))),
            ("without hyphens", right.replace("-", "")),
            ("no check character", named),
            ("nothing", ""),
        )
    ]
