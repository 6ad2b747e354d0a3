"""What a watcher says on the ledger: signed reports of files hashed again.

One report names at most as many records as it may cite. Each says over which documents it was made,
so that whoever holds them can compute its root again. Spec: ``docs/spec/contracts.md``.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from api.client.writing import WrittenRecord, new_nonce
from cli.watching.judging import DIFFERS, UNREAD, Finding
from cli.watching.watcher import Look
from ledger.core.batch import document_tree
from ledger.core.canonical import Value
from ledger.core.identifiers import Digest, MemberId, RecordId, Subject
from ledger.core.record import Record, Ref

TYPE: Final = "report.content_rehash"
ALGORITHM: Final = "sha256"
ALGORITHM_VERSION: Final = "1"
NAMED_MAX: Final = 32
"""Records that one report names."""


def input_root(look: Look) -> Digest:
    """The root over the documents that a round looked for, as each was anchored."""
    return document_tree((each.sha256, each.size_bytes) for each in look.checked).root


def reports(
    look: Look, told: Sequence[Finding], issuer: MemberId, subject: str
) -> Iterator[WrittenRecord]:
    """The reports of one round: one for every `NAMED_MAX` files, and one where none differs.

    Args:
        look: the round; it checked at least one document.
        told: its findings that are to be told.
        issuer: who answers for them.
        subject: what they are about.
    """
    root = input_root(look)
    named = list({_name(each): each for each in told if each.code in DIFFERS}.values())
    checked = {(each.record_id, each.sha256) for each in look.checked}
    unread = {_name(each) for each in look.alarms if each.code in UNREAD}
    unreadable = len(unread & checked)
    for start in range(0, max(1, len(named)), NAMED_MAX):
        part = named[start : start + NAMED_MAX]
        yield WrittenRecord(_report(look, part, (root, unreadable), issuer, subject), ())


def _report(
    look: Look, named: Sequence[Finding], over: tuple[Digest, int], issuer: MemberId, subject: str
) -> Record:
    mismatched = [each.entry for each in named if each.entry is not None]
    root, unreadable = over
    fields: dict[str, Value] = {
        "algorithm": ALGORITHM,
        "algorithm_version": ALGORITHM_VERSION,
        "input_root": root,
        "checked_count": len(look.checked),
        "unreadable_count": unreadable,
        "mismatched": tuple(each.record_id for each in mismatched),
        "anchored": tuple(each.sha256 for each in mismatched),
        "found": tuple(each.found for each in named if each.found is not None),
    }
    cited = dict.fromkeys(each.record_id for each in mismatched)
    return Record(
        type=TYPE,
        issuer=issuer,
        subject=Subject(subject),
        occurred_at_ms=look.at_ms,
        evidence=(),
        fields=fields,
        private=None,
        refs=tuple(Ref("follows", each) for each in cited),
        nonce=new_nonce(),
    )


def _name(found: Finding) -> tuple[RecordId, Digest] | None:
    """A document: a report names it once, however often it lies in the folder."""
    return None if found.entry is None else (found.entry.record_id, found.entry.sha256)
