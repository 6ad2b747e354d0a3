"""A trace for people: a table for each chain, who did what when, every field before and after.

The words come from the same lists as the pages'. What a node or a member said cannot write on the
terminal.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.markup import escape
from rich.table import Table

from api.alerts import alert_sentence
from api.explorer.shown import is_moment, yuan
from api.explorer.words import named
from cli.output import FAILED, HELD, table
from cli.traced import Alert, Traced
from cli.words import language, say
from contracts.tables import Catalogue
from ledger.core.canonical import Value
from ledger.field_changes import Change, FieldChange, FieldKind, Said
from ledger.terminal import printable
from ledger.traces import Act, ActKind, Chain
from ledger.trust import TrustRoot
from ledger.words.moments import beijing_time

_SIGNS: Final = {
    Change.CHANGED: "[bold yellow]≠[/]",
    Change.UNCHANGED: "=",
    Change.ADDED: "+",
    Change.SAID: "+",
    Change.DROPPED: "[bold yellow]-[/]",
    Change.RECOMMITTED: "?",
    Change.DECLARED: "?",
}
_NOTHING: Final = "–"
_ID_SHOWN: Final = 16


class Telling:
    """Lays out one trace for one reader."""

    def __init__(self, traced: Traced, trust: TrustRoot, catalogue: Catalogue | None) -> None:
        self._traced = traced
        self._catalogue = catalogue
        self._members = {
            str(each.member_id): each.name_zh if language() == "zh" else each.name_en
            for each in trust.genesis.members
        }

    def lines(self) -> Iterator[str | Table]:
        """Every chain with its alerts, then what is proved and what is not."""
        traced = self._traced
        if not traced.chains:
            yield say("trace.none")
        for chain in traced.chains:
            yield self._chain(chain)
            yield from self._alerts(chain)
        for each in traced.refused:
            facts = {"path": printable(str(each.path)), "record": each.record_id.hex()}
            name = printable(str(each.problem.detail.get("name", "")))
            yield f"{FAILED} {escape(say('trace.opening_refused', name=name, **facts))}"
        if traced.used_count or traced.unused_count:
            counts = {"used": traced.used_count, "unused": traced.unused_count}
            yield f"{HELD} {escape(say('trace.openings', **counts))}"
        if traced.receipts_count:
            yield f"{HELD} {escape(say('trace.receipts', count=traced.receipts_count))}"
        yield escape(say("trace.not_proved"))

    def _chain(self, chain: Chain) -> Table:
        first = chain.acts[0].said
        title = f"{first.record.subject} · {chain.root.hex()[:_ID_SHOWN]}…"
        if chain.unseen:
            title += f" · {say('trace.unseen')}"
        columns = ("act", "field", "change", "before", "after")
        shown = table(printable(title), *(say(f"trace.{each}") for each in columns))
        for act in chain.acts:
            told = self._act(act)
            rows = [self._change(each) for each in act.changes] or [("", "", "", "")]
            for place, row in enumerate(rows):
                shown.add_row(told if place == 0 else "", *row)
            shown.add_section()
        return shown

    def _act(self, act: Act) -> str:
        """What was done, by whom, when, and why."""
        said = act.said
        kind = self._type(said.record.type)
        lines = [say(f"trace.act_{act.kind}", type=kind)]
        lines.append(self._member(str(said.record.issuer)))
        lines.append(beijing_time(said.committed_at_ms))
        lines.append(say("trace.record", record=said.record_id.hex()[:_ID_SHOWN]))
        reason = said.record.fields.get("reason")
        if isinstance(reason, str):
            lines.append(say("trace.reason", reason=reason))
        if act.kind is ActKind.VOIDED:
            lines += [self._confirmed(each) for each in act.confirmed_by[:1]]
            if not act.confirmed_by:
                lines.append(say("trace.unconfirmed"))
        return _plain("\n".join(printable(each) for each in lines))

    def _confirmed(self, by: Said) -> str:
        who, when = self._member(str(by.record.issuer)), beijing_time(by.committed_at_ms)
        return say("trace.confirmed", who=who, when=when)

    def _change(self, change: FieldChange) -> tuple[str, str, str, str]:
        spoken = language()
        name = change.name
        if change.kind is FieldKind.DOCUMENT:
            name = say("trace.document", label=name)
        else:
            name = named(spoken, "fields", name)
        told = say(f"change.{change.change}")
        if not change.declared:
            told += say("trace.undeclared")
        sign = _SIGNS[change.change]
        before, after = (self._held(change, each) for each in (change.before, change.after))
        return _plain(printable(name)), f"{sign} {_plain(printable(told))}", before, after

    def _held(self, change: FieldChange, held: tuple[Value, ...]) -> str:
        """The value, or that it is not shown."""
        if not held:
            return say("trace.not_shown") if change.kind is FieldKind.PRIVATE else _NOTHING
        return _plain("\n".join(printable(self._spelled(change, each)) for each in held))

    def _spelled(self, change: FieldChange, value: Value) -> str:
        if isinstance(value, bool):
            return named(language(), "values", "true" if value else "false")
        if isinstance(value, int) and change.name.endswith("_fen"):
            return yuan(value)
        if isinstance(value, int) and is_moment(change.name, value):
            return beijing_time(value)
        if isinstance(value, bytes):
            return value.hex()
        if isinstance(value, str):
            public = change.kind is FieldKind.PUBLIC
            return named(language(), "values", value) if public else value
        if isinstance(value, Mapping):
            pairs = value.items()
            return "; ".join(f"{name}: {self._spelled(change, each)}" for name, each in pairs)
        if isinstance(value, Sequence):
            return ", ".join(self._spelled(change, each) for each in value)
        return _NOTHING if value is None else str(value)

    def _alerts(self, chain: Chain) -> Iterator[str]:
        """Each alert that rests on a record of the chain."""
        ids = {act.said.record_id for act in chain.acts}
        for alert in self._traced.alerts:
            if not ids.isdisjoint(alert.about):
                code = str(alert.record.fields.get("alert", ""))
                told = say("trace.alert", code=code, sentence=self._sentence(alert))
                yield f"[bold yellow]![/] {_plain(printable(told))}"

    def _sentence(self, alert: Alert) -> str:
        if self._catalogue is None:
            return str(alert.record.fields.get("because", ""))
        return alert_sentence(self._catalogue, alert.record, language())

    def _type(self, key: str) -> str:
        kind = self._catalogue.type(key) if self._catalogue else None
        if kind is None:
            return key
        return f"{kind.code} {kind.zh if language() == 'zh' else kind.en}".strip()

    def _member(self, member: str) -> str:
        name = self._members.get(member, "")
        return f"{name} ({member})" if name else member


def _plain(text: str) -> str:
    return escape(text)
