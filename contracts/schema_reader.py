"""Reads parsed TOML into the values of `schema`, refusing what is strange.

One table is taken apart by `table_row`. Whether the rows fit together is the question of
`closure`. Spec: ``docs/spec/contracts.md``.
"""

from contracts.declared import DEADLINE_UNITS, SEVERITIES, Alert, Deadline, Reason, Role
from contracts.expression import parse
from contracts.schema import (
    FIELD_KINDS,
    JUDGED_BY,
    REFUSE,
    STAGES,
    SUBJECT_KINDS,
    SUBJECTS,
    Cites,
    Clause,
    Closes,
    ConfirmedBy,
    Field,
    Forbids,
    Issuer,
    RecordType,
    Starts,
    Stops,
    Window,
)
from contracts.table_row import Raw, Row, invalid


def record_type(key: str, raw: Raw) -> RecordType:
    """The record type of one table.

    Raises:
        FormatError: `catalogue.invalid` or `catalogue.expression`.
    """
    row = Row(key, raw)
    made = RecordType(
        key=key,
        code=row.text("code", ""),
        zh=row.text("zh"),
        en=row.text("en"),
        stage=row.one_of("stage", STAGES),
        function_points=row.texts("function_points"),
        named_points=frozenset(row.texts("named_points")),
        point_when=row.whens("point_when"),
        judged_by=row.one_of("judged_by", JUDGED_BY, SUBJECTS),
        entry=row.optional("entry", _reason),
        visibility=row.text("visibility"),
        subject=row.one_of("subject", SUBJECT_KINDS),
        issuers=row.many("issuers", _issuer),
        party=row.text("party", ""),
        issuer_else=row.text("issuer_else", REFUSE),
        fields=row.named("fields", _field),
        private=frozenset(row.texts("private")),
        evidence_min=row.integer("evidence_min", 0),
        refs=row.named("refs", _cites),
        must_follow=tuple(_clause(key, each) for each in row.untyped("must_follow")),
        windows=row.many("windows", _window),
        forbids=row.many("forbids", _forbids),
        confirmed_by=row.optional("confirmed_by", _confirmed_by),
        opens=row.flag("opens", default=False),
        closes=row.many("closes", _closes),
        timers=row.many("timers", _starts),
        stops=row.many("stops", lambda each: Stops(each.text("deadline"), each.text("by"))),
        frozen_after=row.text("frozen_after", ""),
        amended_by=frozenset(row.texts("amended_by")),
        voidable=row.flag("voidable", default=True),
        kept=row.texts("kept"),
        rules=row.texts("rules"),
        alerts=row.texts("alerts"),
    )
    row.end()
    return made


def role(key: str, raw: Raw) -> Role:
    """The role of one table; raises as `record_type`."""
    row = Row(key, raw)
    made = Role(
        key,
        row.text("zh"),
        row.text("en"),
        row.text("group"),
        row.flag("governance", default=False),
        row.flag("single", default=False),
        row.flag("reads", default=False),
    )
    row.end()
    return made


def alert(code: str, raw: Raw) -> Alert:
    """The alert of one table; raises as `record_type`."""
    row = Row(code, raw)
    planned = row.flag("planned", default=False)
    made = Alert(
        code=code,
        zh=row.text("zh"),
        en=row.text("en"),
        severity=row.one_of("severity", frozenset(SEVERITIES)),
        sentence_zh=row.text("sentence_zh"),
        sentence_en=row.text("sentence_en"),
        rule="" if planned else row.text("rule"),
        version=0 if planned else row.integer("version"),
        parameters=row.integers("parameters"),
        function_points=row.texts("function_points"),
        every_type=row.flag("every_type", default=False),
    )
    row.end()
    return made


def deadline(key: str, raw: Raw) -> Deadline:
    """The deadline of one table; raises as `record_type`."""
    row = Row(key, raw)
    made = Deadline(
        key=key,
        zh=row.text("zh"),
        en=row.text("en"),
        count=row.integer("count"),
        unit=row.one_of("unit", DEADLINE_UNITS),
        before=row.one_of("direction", frozenset({"after", "before"}), "after") == "before",
        start=row.text("from"),
        source=row.text("source"),
        planned=row.flag("planned", default=False),
    )
    row.end()
    if made.count < 0 or (made.before and made.unit == "working_days"):
        raise invalid(key, "count")
    return made


def field(name: str, raw: Raw) -> Field:
    """The field of one table; raises as `record_type`."""
    row = Row(name, raw)
    made = _field(row)
    row.end()
    return made


def reason(key: str, raw: Raw) -> Reason:
    """The reason of one table; raises as `record_type`."""
    row = Row(key, raw)
    made = _reason(row)
    row.end()
    return made


def _reason(row: Row) -> Reason:
    return Reason(row.text("zh"), row.text("en"))


def _issuer(row: Row) -> Issuer:
    return Issuer(row.text("role"), row.text("scope", ""), row.flag("own", default=False))


def _field(row: Row) -> Field:
    kind = row.one_of("type", FIELD_KINDS)
    return Field(
        kind=kind,
        required=row.flag("required", default=False),
        limit=row.integer("max", 256),
        least=row.integer("least", 0),
        allowed=frozenset(row.texts("allowed")),
        sets=row.text("sets", ""),
        pattern=row.text("pattern", ""),
    )


def _cites(row: Row) -> Cites:
    return Cites(
        frozenset(row.texts("types")),
        row.flag("required", default=False),
        row.flag("same", default=False),
        row.when("having"),
    )


def _clause(where: str, raw: object) -> Clause:
    """A clause as a text (refused where it fails) or as a table with `else` and `when`."""
    if isinstance(raw, str):
        return Clause(raw, parse(raw))
    row = Row(f"{where}.must_follow", raw)
    text = row.text("term")
    made = Clause(text, parse(text), row.text("else", REFUSE), row.when())
    row.end()
    return made


def _starts(row: Row) -> Starts:
    return Starts(row.text("deadline"), row.text("alert"), row.when())


def _window(row: Row) -> Window:
    return Window(row.text("deadline"), row.text("else", REFUSE), row.when())


def _forbids(row: Row) -> Forbids:
    return Forbids(frozenset(row.texts("types")), row.text("else", REFUSE), row.when())


def _closes(row: Row) -> Closes:
    return Closes(row.text("type"), row.text("by"), row.when())


def _confirmed_by(row: Row) -> ConfirmedBy:
    """``k`` is a number, or the word ``quorum``."""
    mode = row.one_of("mode", frozenset({"any", "all", "k", "each", "majority"}))
    roles, when, of = row.texts("roles"), row.when(), row.text("of", "")
    but = row.text("but", "")
    counts_issuer = row.flag("counts_issuer", default=False)
    if mode != "k":
        return ConfirmedBy(mode, roles, 1, counts_issuer, when, but, of)
    k = 0 if row.is_text("k") else row.integer("k")
    if k == 0:
        row.one_of("k", frozenset({"quorum"}))
    return ConfirmedBy(mode, roles, k, counts_issuer, when, but, of)
