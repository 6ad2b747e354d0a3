"""What an audit asks of whole tables, after every block was looked at by itself.

A row that no block accounts for is as wrong as one that is missing: an index that names a record
which is not there misleads whoever searches.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from ledger.audit_finding import Finding, of_error, of_row
from ledger.block_store import BlockStore
from ledger.codes import Code
from ledger.core.checkpoint import cosigner_keys, parse_checkpoint
from ledger.core.epochs import Epochs
from ledger.core.identifiers import DIGEST_BYTES, Height, NodeId
from ledger.core.merkle import Frontier
from ledger.core.note import Note, parse_line, parse_note, parse_vkey, verify_note
from ledger.core.time_stamp import decode_token
from ledger.errors import LedgerError, VerificationError
from ledger.kept_note import log_keys
from ledger.signed_heads import signed_heads
from ledger.stamped_heads import token_from
from ledger.status_history import StatusHistory
from ledger.store.api import Reader, Row
from ledger.store.keys import Table, last_number, number, text, text_from
from ledger.store.rows import last_signed_from
from ledger.strange_heads import strange_head_from, strange_key
from ledger.time_stamps import imprint_of

_BY_JUDGEMENT = frozenset({Table.STATE, Table.STATUS_UNDO, Table.OPENED})
"""Tables that only judging again can tell."""


def count_findings(store: Reader, expected: Counter[Table]) -> Iterator[Finding]:
    """Tables with more rows than the blocks account for; fewer were found row by row."""
    aside = _BY_JUDGEMENT | {
        Table.COSIGNED,
        Table.LOG_LINE,
        Table.OUTSIDE,
        Table.STAMP,
        Table.STRANGE,
        Table.NODE,
        Table.SNAPSHOT,
        Table.CHUNK,
        Table.BEFORE,
        Table.LINK,
    }
    for table in (table for table in Table if table not in aside):
        try:
            found = sum(1 for _ in store.scan(*table.range()))
        except LedgerError as problem:
            yield of_error(problem, None)
            continue
        if found > expected[table]:
            yield _stray(table, found, expected[table])


def node_findings(store: Reader, frontier: Frontier | None) -> Iterator[Finding]:
    """The tree rows hold exactly the complete nodes of the log."""
    if frontier is None:
        return
    levels = range(frontier.size.bit_length())
    expected = sum(frontier.size >> level for level in levels)
    try:
        joined = sum(len(value) for _, value in store.scan(*Table.NODE.range()))
    except LedgerError as problem:
        yield of_error(problem, None)
        return
    if joined != expected * DIGEST_BYTES:
        yield _stray(Table.NODE, joined // DIGEST_BYTES, expected)


def meta_findings(store: Reader, expected: Sequence[Row]) -> Iterator[Finding]:
    """The store says of itself what this network's store must say."""
    for key, value in expected:
        if store.get(key) != value:
            yield of_row(Code.AUDIT_ROW, Table.META, key, None)


def status_findings(store: Reader, blocks: BlockStore, head: Height) -> Iterator[Finding]:
    """Going back over the slow rows gives the root of every block after which they changed."""
    start, stop = Table.STATUS_UNDO.range()
    try:
        changed = {last_number(key) - 1 for key, _ in store.scan(start, stop)}
        history = StatusHistory(store)
        for height in sorted(Height(each) for each in {*changed, head} if each > 0):
            status, header = history.at(height), blocks.header(height)
            if (status.size, status.root) != (header.status_size, header.status_root):
                detail: dict[str, str | int] = {"height": height, "what": "status root"}
                yield Finding(Code.AUDIT_ROOT, height, detail)
    except LedgerError as problem:
        yield of_error(problem, None)


def compare_state(store: Reader, judged: Reader) -> Iterator[Finding]:
    """The state is the one that judging every block again gives, row by row."""
    for table in sorted(_BY_JUDGEMENT, key=lambda table: table.value):
        try:
            yield from _compare(table, store.scan(*table.range()), judged.scan(*table.range()))
        except LedgerError as problem:
            yield of_error(problem, None)


def cosigned_findings(
    store: Reader, blocks: BlockStore, origin: str, epochs: Epochs, head: Height
) -> Iterator[Finding]:
    """Every kept checkpoint is of a block's head and cosigned by a quorum of its epoch."""
    for key, value in store.scan(*Table.COSIGNED.range()):
        height = Height(last_number(key))
        try:
            note = parse_note(value)
            checkpoint = parse_checkpoint(note.text)
            committee = epochs.at_size(checkpoint.size)
            verified = verify_note(note, cosigner_keys(origin, committee).values())
            if len(verified) < committee.q:
                raise VerificationError(
                    Code.CERTIFICATE_QUORUM, found=len(verified), needed=committee.q
                )
            if not 1 <= height <= head:
                raise VerificationError(
                    Code.AUDIT_STRAY, table="cosigned", found=height, expected=head
                )
            header = blocks.header(height)
        except LedgerError as problem:
            yield of_error(problem, height)
            continue
        said = (checkpoint.origin, checkpoint.size, checkpoint.root)
        if said != (origin, header.log_size, header.log_root):
            yield of_row(Code.AUDIT_ROW, Table.COSIGNED, key, height)


def log_line_findings(store: Reader, origin: str, epochs: Epochs) -> Iterator[Finding]:
    """Every kept log signature is a committee node's, under the kept checkpoint of its height."""
    keys = log_keys(origin, epochs)
    for key, value in store.scan(*Table.LOG_LINE.range()):
        note = store.get(Table.COSIGNED.key(key[1:]))
        try:
            text = parse_note(note or b"").text
            verify_note(Note(text, (parse_line(value.decode()),)), keys)
        except (LedgerError, UnicodeDecodeError):
            yield of_row(Code.AUDIT_ROW, Table.LOG_LINE, key, Height(last_number(key)))


def outside_findings(store: Reader) -> Iterator[Finding]:
    """Every kept line of a witness holds under its key, for the kept checkpoint of its height."""
    for key, value in store.scan(*Table.OUTSIDE.range()):
        height = Height(last_number(key))
        try:
            witness = parse_vkey(text_from(key[1:]))
            note = parse_note(store.get(Table.COSIGNED.key(number(height))) or b"")
            verify_note(Note(note.text, (parse_line(value.decode()),)), [witness])
        except (LedgerError, ValueError):
            yield of_row(Code.AUDIT_ROW, Table.OUTSIDE, key, height)
            continue
        if key != Table.OUTSIDE.key(text(witness.vkey()), number(height)):
            yield of_row(Code.AUDIT_ROW, Table.OUTSIDE, key, height)


def stamp_findings(store: Reader) -> Iterator[Finding]:
    """Every kept time stamp is a token over the head of its height; whose it is, readers judge."""
    for key, value in store.scan(*Table.STAMP.range()):
        height = Height(last_number(key))
        try:
            note = parse_note(store.get(Table.COSIGNED.key(number(height))) or b"")
            imprint = decode_token(token_from(value)).info.imprint
            held = imprint == imprint_of(parse_checkpoint(note.text))
            held = held and key == Table.STAMP.key(text(text_from(key[1:])), number(height))
        except (LedgerError, ValueError):
            held = False
        if not held:
            yield of_row(Code.AUDIT_ROW, Table.STAMP, key, height)


def strange_findings(store: Reader, epochs: Epochs) -> Iterator[Finding]:
    """Every kept head of another log holds under the key of the node that it is kept of."""
    for key, value in store.scan(*Table.STRANGE.range()):
        try:
            node_id, head = NodeId(text_from(key[1:])), strange_head_from(value)
            committee = epochs.at_size(head.checkpoint.size)
            note = Note(head.checkpoint.text(), (head.line,))
            by = signed_heads(note, head.checkpoint, committee)
            held = key == strange_key(node_id, head) and (node_id, head) in by
        except (LedgerError, ValueError):
            held = False
        if not held:
            yield of_row(Code.AUDIT_ROW, Table.STRANGE, key, None)


def last_signed_findings(store: Reader, blocks: BlockStore) -> Iterator[Finding]:
    """What this node promised to the outside is a head of this log."""
    key = Table.LAST_SIGNED.key()
    row = store.get(key)
    if row is None:
        return
    try:
        promise = last_signed_from(row)
        if blocks.base and promise.size < blocks.header(blocks.base).log_size:
            # It came along with the snapshot, from a database that held its log.
            return
        height = blocks.height_of_size(promise.size)
        if height is not None and blocks.header(height).log_root == promise.root:
            return
    except LedgerError as problem:
        yield of_error(problem, None)
        return
    yield of_row(Code.AUDIT_ROW, Table.LAST_SIGNED, key, height)


def _compare(table: Table, stored: Iterator[Row], judged: Iterator[Row]) -> Iterator[Finding]:
    """The first rows in which two sorted tables differ; what follows would be noise."""
    for ours, theirs in zip_longest(stored, judged):
        if ours == theirs:
            continue
        if ours is None or (theirs is not None and theirs[0] < ours[0]):
            yield of_row(Code.AUDIT_MISSING, table, theirs[0], None)
        else:
            yield of_row(Code.AUDIT_ROW, table, ours[0], None)
        return


def _stray(table: Table, found: int, expected: int) -> Finding:
    detail: dict[str, str | int] = {
        "table": table.name.lower(),
        "found": found,
        "expected": expected,
    }
    return Finding(Code.AUDIT_STRAY, None, detail)
