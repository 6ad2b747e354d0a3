"""Amendment traces for machines, under stable names: the same in the API and on the command line.

Spec: ``docs/spec/traces.md``.
"""

from collections.abc import Callable, Iterator

from ledger.core.canonical import Value
from ledger.core.record import Record
from ledger.core.strict_json import JsonValue
from ledger.field_changes import FieldChange, FieldKind, Said
from ledger.report_json import plain
from ledger.traces import Act, Chain

Naming = Callable[[str], dict[str, JsonValue]]
"""What a record type is called: `type_code`, `type_zh`, `type_en`."""


def chain_value(chain: Chain, naming: Naming) -> JsonValue:
    """One chain as JSON."""
    return {
        "record_id": chain.root.hex(),
        "shown": not chain.unseen,
        "acts": [_act_value(each, naming) for each in chain.acts],
    }


def _act_value(act: Act, naming: Naming) -> JsonValue:
    reason = act.said.record.fields.get("reason")
    return {
        "act": act.kind.value,
        **_said_value(act.said),
        **naming(act.said.record.type),
        "of": None if act.of is None else act.of.hex(),
        "reason": reason if isinstance(reason, str) else None,
        "declared": list(_declared(act.said.record)),
        "changes": [change_value(each) for each in act.changes],
        "confirmed_by": [_said_value(each) for each in act.confirmed_by],
    }


def _said_value(said: Said) -> dict[str, JsonValue]:
    """Who said it, when, and where it stands."""
    record = said.record
    return {
        "record_id": said.record_id.hex(),
        "type": record.type,
        "issuer": record.issuer,
        "subject": record.subject,
        "height": said.height,
        "index": said.index,
        "committed_at_ms": said.committed_at_ms,
        "occurred_at_ms": record.occurred_at_ms,
    }


def change_value(change: FieldChange) -> JsonValue:
    """One field as JSON; a document's values are lists of SHA-256."""
    return {
        "kind": change.kind.value,
        "name": change.name,
        "change": change.change.value,
        "before": _value(change, change.before),
        "after": _value(change, change.after),
        "before_shown": bool(change.before),
        "after_shown": bool(change.after),
        "declared": change.declared,
    }


def _value(change: FieldChange, held: tuple[Value, ...]) -> JsonValue:
    if change.kind is FieldKind.DOCUMENT:
        return plain(held)
    return plain(held[0]) if held else None


def _declared(record: Record) -> Iterator[str]:
    """The names that the record says it changed."""
    listed = record.fields.get("changed")
    if isinstance(listed, tuple):
        yield from (str(each) for each in listed)
