"""Records as a table: what one row says, and how a spreadsheet is kept from running it.

A cell that begins with a sign of a formula is run by spreadsheets when the file is opened, and
whoever writes records chooses what cells say. Such a cell gets an apostrophe in front, which
spreadsheets show as text. Spec: ``docs/spec/queries.md``.
"""

import csv
import io
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from ledger.words.moments import beijing_clock

BOM: Final = "\ufeff"
"""Without it, spreadsheets read Chinese as another encoding."""
COLUMNS: Final[Mapping[str, tuple[str, str]]] = {
    "index": ("日志序号", "log index"),
    "height": ("区块高度", "block height"),
    "committed_at": ("上链时间", "committed at"),
    "number": ("存证编号", "certificate number"),
    "record_id": ("记录编号", "record id"),
    "type_code": ("类型代码", "type code"),
    "type": ("类型", "type"),
    "issuer": ("提交单位", "issuer"),
    "subject": ("主题", "subject"),
    "occurred_at": ("发生时间", "occurred at"),
    "documents": ("文件及摘要", "documents and digests"),
    "fields": ("公开字段", "public fields"),
    "refs": ("引用", "references"),
    "cursor": ("续传游标", "cursor"),
}
"""By column: its heading in Chinese and in English."""
MORE: Final = "…"
"""First cell of a last row that says that there is more, from its cursor on."""
_FORMULA: Final = frozenset("=+-@\t\r\n＝＋－＠|%")


def heading(language: str, columns: Mapping[str, tuple[str, str]] = COLUMNS) -> str:
    """The first line, with the mark of the encoding before it."""
    at = 0 if language == "zh" else 1
    return BOM + line_of(names[at] for names in columns.values())


def row_of(item: Mapping[str, Any], number: str, cursor: str, language: str) -> str:
    """One record as a line.

    Args:
        item: `api.forms.stored_form` of it.
        number: its certificate number.
        cursor: behind it.
        language: ``zh`` or ``en``.
    """
    record = item["record"]
    said = {
        "index": str(item["index"]),
        "height": str(item["height"]),
        "committed_at": beijing_clock(item["committed_at_ms"]),
        "number": number,
        "record_id": item["record_id"],
        "type_code": item["type_code"],
        "type": item["type_zh"] if language == "zh" else item["type_en"],
        "issuer": record["issuer"],
        "subject": record["subject"],
        "occurred_at": beijing_clock(record["occurred_at_ms"]),
        "documents": "\n".join(_document(each) for each in record["evidence"]),
        "fields": _compact(record["fields"]) if record["fields"] else "",
        "refs": "\n".join(f"{each['relation']} {each['record_id']}" for each in record["refs"]),
        "cursor": cursor,
    }
    return line_of(said[name] for name in COLUMNS)


def more_row(cursor: str, columns: Collection[str] = COLUMNS) -> str:
    """The last line of a table that was cut."""
    return line_of([MORE, *[""] * (len(columns) - 2), cursor])


def safe_cell(text: str) -> str:
    """`text` as a cell that no spreadsheet runs."""
    lead = text.lstrip(" \u3000\u00a0")[:1]
    return f"'{text}" if lead in _FORMULA and lead else text


def line_of(cells: Iterable[str]) -> str:
    """One line of a table, of cells that no spreadsheet runs."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([safe_cell(each) for each in cells])
    return out.getvalue()


def _document(evidence: Mapping[str, Any]) -> str:
    sm3 = f" sm3:{evidence['sm3']}" if evidence["sm3"] else ""
    return f"{evidence['label']} sha256:{evidence['sha256']}{sm3}"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
