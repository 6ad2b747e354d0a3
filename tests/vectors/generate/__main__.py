"""Writes the generated vectors; run as ``python -m tests.vectors.generate``.

Everything follows from fixed seeds: a second run writes the same bytes, and a test compares them
with what is committed. Expected codes are written by hand in the cases, never taken from what the
decoders happen to say.
"""

from pathlib import Path

from tests.vectors.generate import (
    add_checkpoint,
    address,
    bid_proofs,
    blocks,
    bundles,
    canonical,
    certificate_pdf,
    court_bundle,
    court_bundles,
    court_code,
    deposit,
    draw,
    drawn,
    epoch_files,
    epoch_links,
    files,
    keys,
    misconduct,
    negative_list,
    networks,
    open_data,
    outside,
    receipts,
    records,
    sealed,
    sealed_receipts,
    sm3,
    spelled_files,
    stamped,
    status_answers,
    tiles,
    verifying,
    witness,
)
from tests.vectors.generate.spelling import Cases, spell

ROOT = Path(__file__).parents[1]
SOURCES = (
    *(canonical, keys, records, bundles, networks, blocks),
    *(
        receipts,
        outside,
        files,
        sealed,
        sealed_receipts,
        epoch_links,
        epoch_files,
        bid_proofs,
        witness,
        negative_list,
        address,
        draw,
        drawn,
        sm3,
    ),
    certificate_pdf,
    tiles,
    verifying,
    spelled_files,
    stamped,
    status_answers,
    court_bundle,
    court_bundles,
    court_code,
    add_checkpoint,
    deposit,
    misconduct,
    open_data,
)


def generated() -> dict[str, str]:
    """The text of every generated file, by its path inside tests/vectors."""
    found: dict[str, Cases] = {}
    for source in SOURCES:
        found |= source.vectors()
    return {name: spell(cases) for name, cases in found.items()}


if __name__ == "__main__":
    for name, text in generated().items():
        path = ROOT / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"{name}: {text.count(chr(10)) - 2} cases")
