"""Records as people write them down, in JSON or TOML, for `bidwitness submit`.

One file holds one record or a list under ``records``. Documents are named by path and hashed here;
private fields get their salts here, and a record its function point where there is no choice.
``{hex = "…"}`` spells bytes, because neither format has them.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from api.client.function_points import with_point
from api.client.provenance import with_capture
from api.client.writing import WrittenRecord, new_nonce, private_record
from cli.documents import hash_document, unreadable
from cli.failures import CommandError, Exit
from cli.settings import read_toml
from ledger.codes import Code
from ledger.core.canonical import Value
from ledger.core.identifiers import MemberId, RecordId, Subject
from ledger.core.record import Record, Ref
from ledger.errors import FormatError

_KNOWN: Final = frozenset(
    {"type", "subject", "occurred_at", "occurred_at_ms", "documents", "fields", "private", "refs"}
)


def read_records(path: Path, issuer: MemberId, now_ms: int) -> tuple[WrittenRecord, ...]:
    """The records that the file at `path` writes down.

    Args:
        path: ends in ``.toml`` or ``.json``; paths of documents are relative to its folder.
        issuer: who answers for the records.
        now_ms: when they happened, where the file does not say.

    Raises:
        CommandError: `file.unreadable`, `file.invalid`.
    """
    given = read_toml(path) if path.suffix == ".toml" else _read_json(path)
    rows = given.get("records", [given])
    try:
        if not isinstance(rows, list) or not rows:
            raise TypeError("records")
        return tuple(_record(row, path.parent, issuer, now_ms) for row in rows)
    except (TypeError, ValueError, KeyError) as problem:
        raise _invalid(path, str(problem)) from problem
    except FormatError as problem:
        raise _invalid(path, str(problem)) from problem


def _record(row: object, folder: Path, issuer: MemberId, now_ms: int) -> WrittenRecord:
    given = _table(row, "record")
    unknown = sorted(set(given) - _KNOWN)
    if unknown:
        raise ValueError(f"“{unknown[0]}” ?")
    type_key = _text(given["type"], "type")
    record = Record(
        type=type_key,
        issuer=issuer,
        subject=Subject(_text(given.get("subject", ""), "subject")),
        occurred_at_ms=_moment(given, now_ms),
        evidence=tuple(
            hash_document(folder / _text(name, "documents"))
            for name in _list(given.get("documents", []), "documents")
        ),
        fields=_said(type_key, given, now_ms),
        private=None,
        refs=tuple(_ref(ref) for ref in _list(given.get("refs", []), "refs")),
        nonce=new_nonce(),
    )
    return private_record(record, _values(given.get("private", {}), "private"))


def _said(type_key: str, given: Mapping[str, object], now_ms: int) -> dict[str, Value]:
    """The public fields, with what is known here of where documents came from."""
    said = with_point(type_key, _values(given.get("fields", {}), "fields"))
    # What amends or cites another record says of itself only what its author wrote.
    return dict(said) if given.get("refs") else with_capture(type_key, said, now_ms)


def _values(raw: object, what: str) -> dict[str, Value]:
    return {name: value_of(value) for name, value in _table(raw, what).items()}


def value_of(raw: object) -> Value:
    """A canonical value from one of JSON or TOML.

    Raises:
        TypeError: for what the canonical profile lacks, such as a float.
        ValueError: for bytes that are not hex.
    """
    if raw is None or isinstance(raw, bool | int | str | bytes):
        return raw
    if isinstance(raw, list | tuple):
        return tuple(value_of(item) for item in raw)
    if isinstance(raw, dict) and set(raw) == {"hex"}:
        return bytes.fromhex(str(raw["hex"]))
    if isinstance(raw, dict):
        return {str(name): value_of(item) for name, item in raw.items()}
    raise TypeError(f"{raw!r}: {type(raw).__name__}")


def _moment(given: Mapping[str, object], now_ms: int) -> int:
    if isinstance(exact := given.get("occurred_at_ms"), int):
        return exact
    claimed = given.get("occurred_at")
    if claimed is None:
        return now_ms
    moment = claimed if isinstance(claimed, datetime) else datetime.fromisoformat(str(claimed))
    if moment.tzinfo is None:
        raise ValueError(f"occurred_at {claimed}: +08:00 ?")
    return int(moment.timestamp() * 1000)


def _ref(raw: object) -> Ref:
    pair = _list(raw, "refs")
    if len(pair) != 2:
        raise ValueError(f"refs: {raw}")
    relation, cited = (_text(item, "refs") for item in pair)
    return Ref(relation, RecordId(bytes.fromhex(cited)))


def _read_json(path: Path) -> dict[str, object]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise unreadable(path, problem) from problem
    except (ValueError, RecursionError) as problem:
        raise _invalid(path, str(problem)) from problem
    return {"records": read} if isinstance(read, list) else _table_in(path, read)


def _table_in(path: Path, raw: object) -> dict[str, object]:
    if not isinstance(raw, dict):
        raise _invalid(path, "{…}")
    return raw


def _table(raw: object, what: str) -> dict[str, object]:
    if not isinstance(raw, dict):
        raise TypeError(f"{what}: {raw!r}")
    return raw


def _list(raw: object, what: str) -> list[object]:
    if not isinstance(raw, list):
        raise TypeError(f"{what}: {raw!r}")
    return raw


def _text(raw: object, what: str) -> str:
    if not isinstance(raw, str):
        raise TypeError(f"{what}: {raw!r}")
    return raw


def _invalid(path: Path, reason: str) -> CommandError:
    return CommandError(Exit.USAGE, Code.FILE_INVALID, path=str(path), reason=reason)
