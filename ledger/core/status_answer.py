"""Status answers: the file that says what a row of the slow state is, now or at a time.

It holds the rows that answer, each with its path to the status root of a cosigned head; the receipt
of a record under that head, which proves the head; and what nodes say of it over their signatures.
Holds and spells; judged by `ledger.status_answers`. Spec: ``docs/spec/status_answer.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.core.canonical import encode
from ledger.core.hashing import Tag
from ledger.core.identifiers import Digest, NodeId, check_name
from ledger.core.receipt import Receipt, receipt_from
from ledger.core.shapes import SIGNATURE_BYTES, TIME_MAX
from ledger.core.signing import Signer, sign_tagged, verify_tagged
from ledger.core.status import ROW_BYTES_MAX
from ledger.core.strict_json import (
    JsonValue,
    base64,
    dump,
    integer,
    listing,
    load,
    octets,
    octets_hex,
    path,
    path_value,
    table,
    text,
    versioned,
)

MEDIA_TYPE: Final = "application/vnd.bidwitness.status-answer+json"
FORMAT: Final = "bidwitness.status-answer"
VERSION: Final = 1
ANSWER_BYTES_MAX: Final = 2 << 20
ROW_KEY_BYTES_MAX: Final = 512
ROWS_MAX: Final = 2
"""One row that answers, or the two between which it would stand."""
STATEMENTS_MAX: Final = 32
GROUP: Final = "/"
"""How a question ends that is about the spells under a key, and not about one row."""


@dataclass(frozen=True, slots=True)
class AnsweredRow:
    """One row, and where it stands among those after the head's block."""

    key: str
    value: bytes
    index: int
    path: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class StatusStatement:
    """A node's word that these rows are the answer after its newest cosigned block."""

    node_id: NodeId
    answered_at_ms: int
    """By its own clock."""
    signature: bytes


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """The file ``X.status-answer.json``."""

    row: str
    """The key of one row, or, with a slash at its end, of the spells below it."""
    at_ms: int | None
    """The time that was asked about; None for the head's own."""
    rows: tuple[AnsweredRow, ...]
    statements: tuple[StatusStatement, ...]
    receipt: Receipt
    """Of any record, under the head that the paths lead to."""

    def body(self, node_id: NodeId, answered_at_ms: int) -> bytes:
        """What a node signs: question, rows and time, whatever its head was."""
        rows = tuple((each.key, each.value) for each in self.rows)
        facts = (self.receipt.network_id, node_id, self.row, self.at_ms, rows, answered_at_ms)
        return encode(facts)

    def encode(self) -> bytes:
        """The answer as a JSON file."""
        return dump(
            {
                "format": FORMAT,
                "version": VERSION,
                "row": self.row,
                "at_ms": self.at_ms,
                "rows": [_row_value(each) for each in self.rows],
                "statements": [_statement_value(each) for each in self.statements],
                "receipt": self.receipt.value(),
            }
        )

    def verify(self, statement: StatusStatement, node_key: bytes) -> None:
        """Require the node's signature.

        Raises:
            VerificationError: `signature.invalid`.
        """
        body = self.body(statement.node_id, statement.answered_at_ms)
        verify_tagged(node_key, Tag.STATUS_ANSWER, body, statement.signature)


@dataclass(frozen=True, slots=True)
class Stating:
    """Whose word goes with an answer."""

    node_id: NodeId
    signer: Signer
    """Holds the node's key."""

    def on(self, answer: StatusAnswer, now_ms: int) -> StatusStatement:
        """The node's statement, at a time by its own clock."""
        body = answer.body(self.node_id, now_ms)
        signature = sign_tagged(self.signer, Tag.STATUS_ANSWER, body)
        return StatusStatement(self.node_id, now_ms, signature)


def belongs(key: str, row: str) -> bool:
    """Whether a row's key is what a question is about."""
    return key.startswith(row) if row.endswith(GROUP) else key == row


def decode_status_answer(data: bytes) -> StatusAnswer:
    """The answer that `data` spells; nothing in it is judged here.

    Raises:
        FormatError: a `format.*` code, or as `receipt.decode_receipt`.
    """
    names = ("row", "at_ms", "rows", "statements", "receipt")
    items = versioned(load(data, ANSWER_BYTES_MAX), FORMAT, VERSION, names)
    at = items[1]
    return StatusAnswer(
        row=text(items[0], "row", ROW_KEY_BYTES_MAX),
        at_ms=None if at is None else integer(at, "at_ms", 0, TIME_MAX),
        rows=tuple(map(_row, listing(items[2], "rows", ROWS_MAX))),
        statements=tuple(map(_statement, listing(items[3], "statements", STATEMENTS_MAX))),
        receipt=receipt_from(items[4]),
    )


def with_statements(answer: StatusAnswer, statements: Sequence[StatusStatement]) -> StatusAnswer:
    """The answer with these statements in place of its own."""
    return StatusAnswer(
        answer.row, answer.at_ms, answer.rows, tuple(statements[:STATEMENTS_MAX]), answer.receipt
    )


def _row_value(each: AnsweredRow) -> JsonValue:
    return {
        "key": each.key,
        "value": base64(each.value),
        "index": each.index,
        "path": path_value(each.path),
    }


def _row(value: JsonValue) -> AnsweredRow:
    fields = table(value, "rows", ("key", "value", "index", "path"))
    return AnsweredRow(
        text(fields["key"], "rows.key", ROW_KEY_BYTES_MAX),
        octets(fields["value"], "rows.value", ROW_BYTES_MAX),
        integer(fields["index"], "rows.index"),
        path(fields["path"], "rows.path"),
    )


def _statement_value(each: StatusStatement) -> JsonValue:
    return {
        "node_id": each.node_id,
        "answered_at_ms": each.answered_at_ms,
        "signature": each.signature.hex(),
    }


def _statement(value: JsonValue) -> StatusStatement:
    fields = table(value, "statements", ("node_id", "answered_at_ms", "signature"))
    return StatusStatement(
        NodeId(check_name(text(fields["node_id"], "node_id", 32), "node_id")),
        integer(fields["answered_at_ms"], "answered_at_ms", 0, TIME_MAX),
        octets_hex(fields["signature"], "statements.signature", SIGNATURE_BYTES),
    )
