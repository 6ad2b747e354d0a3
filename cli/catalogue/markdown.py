"""The catalogue as one Markdown page: what ``docs/catalogue.md`` is, in both languages.

Generated from the data alone, so that the page and the rules cannot say different things.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from cli.catalogue.wording import clocks, follows, issued_by, profile_lines
from contracts.declared import Alert
from contracts.schema import RecordType
from contracts.subsystem import Subsystem
from contracts.tables import Catalogue

_STAGES: Final = (
    ("tender", "招 Tender"),
    ("bid", "投 Bid"),
    ("opening", "开 Opening"),
    ("evaluation", "评 Evaluation"),
    ("award", "定 Award"),
    ("closing", "归档与见证 Closing"),
    ("any", "各阶段 Any stage"),
    ("trade", "竞价与卖场 Trade"),
    ("ledger", "账本 Ledger"),
    ("evidence", "证据 Evidence"),
    ("seal", "印章 Seals"),
    ("address", "住所 Addresses"),
)
"""In the order of a procedure; a stage that is not here follows under its own name."""
_VISIBLE: Final = {
    "public": "公开 public",
    "parties": "当事方 parties",
    "supervisor": "监督部门 supervisors",
    "sealed": "只见承诺 commitment only",
}
_COLUMNS: Final = (
    *("code", "记录 record", "提交 issued by", "前置 follows", "时限 clocks"),
    *("可见 seen by", "预警 alerts", "功能点 points"),
)
_HEAD: Final = """# 记录类型目录 The catalogue

Generated from the data under `contracts/`, by

```sh
bidwitness catalogue export --format markdown --replace docs/catalogue.md
```

由 `contracts/` 下的数据生成，不要手工修改。What each column means is said in
[contracts](spec/contracts.md). Deadlines and thresholds are data, to be checked against the
official text by the authority that adopts them."""
_OF_TYPES: Final = """
*Follows*: what must be in force before, by code. `→ ALnn` raises that alert where it is not; all
else refuses. `follows → T19` is a record that must be cited. *Clocks*: deadlines that the record
must keep; `+` starts one, and the alert is raised where nothing stops it; `−` stops that of the
cited record."""
_OF_PROFILES: Final = """
Nodes in order; in brackets what each is wanted once for. Between groups order is judged, inside
one it is not."""
_OF_SUBSYSTEMS: Final = """
*stated*: published cases name the subsystem; *inferred*: one concludes that a trading centre runs
it. The names of points are inferred. A point without a type yet is *planned*."""


def markdown(catalogue: Catalogue) -> str:
    """The whole page."""
    parts = (
        _HEAD,
        *_types(catalogue),
        *_alerts(catalogue),
        *_deadlines(catalogue),
        *_profiles(catalogue),
        *_subsystems(catalogue),
        *_roles(catalogue),
    )
    return "\n\n".join(parts) + "\n"


def _types(catalogue: Catalogue) -> Iterator[str]:
    """Record types, one table for each stage."""
    yield "## 记录类型 Record types"
    yield _OF_TYPES.strip()
    known = dict(_STAGES)
    others = sorted({kind.stage for kind in catalogue.types.values()} - known.keys())
    for stage in (*known, *others):
        kinds = [kind for kind in catalogue.types.values() if kind.stage == stage]
        if kinds:
            yield f"### {known.get(stage, stage)}"
            rows = (_type(catalogue, each) for each in sorted(kinds, key=_by_code))
            yield _table(_COLUMNS, rows)


def _by_code(kind: RecordType) -> tuple[bool, str, str]:
    return not kind.code, kind.code, kind.key


def _type(catalogue: Catalogue, kind: RecordType) -> tuple[str, ...]:
    before = "<br>".join(f"`{_bar(each)}`" for each in follows(catalogue, kind))
    if kind.entry is not None:
        before = f"{kind.entry.zh} {kind.entry.en}"
    return (
        kind.code,
        f"**{kind.zh}**<br>{kind.en}<br>`{kind.key}`",
        issued_by(catalogue, kind),
        before,
        "<br>".join(f"`{each}`" for each in clocks(kind)),
        _seen_by(catalogue, kind),
        " ".join(kind.alerts),
        " ".join(kind.function_points),
    )


def _seen_by(catalogue: Catalogue, kind: RecordType) -> str:
    if not kind.sealed_until:
        return _VISIBLE[kind.visibility]
    until = (catalogue.types[event].code or event for event in kind.sealed_until)
    return f"封存至 sealed until {' / '.join(until)}"


def _alerts(catalogue: Catalogue) -> Iterator[str]:
    yield "## 预警 Alerts"
    yield "*planned*: declared, and raised by nothing yet."
    rows = (
        (
            each.code,
            f"**{each.zh}**<br>{each.en}",
            each.severity,
            _rule(each),
            ", ".join(f"{name} = {value}" for name, value in each.parameters.items()),
            f"{each.sentence_zh}<br>{each.sentence_en}",
        )
        for each in catalogue.alerts.values()
    )
    yield _table(("code", "预警 alert", "severity", "rule", "parameters", "怎么说 sentence"), rows)


def _rule(alert: Alert) -> str:
    """What raises an alert, and of which types where they do not list it."""
    if alert.planned:
        return "planned"
    return f"`{alert.rule}` v{alert.version}" + (
        "，各类记录 every type" if alert.every_type else ""
    )


def _deadlines(catalogue: Catalogue) -> Iterator[str]:
    yield "## 时限 Deadlines"
    rows = (
        (
            f"`{each.key}`",
            f"**{each.zh}**<br>{each.en}",
            f"{'−' if each.before else ''}{each.count} {each.unit}",
            f"`{each.start}`",
            each.source + ("（planned）" if each.planned else ""),
        )
        for each in sorted(catalogue.deadlines.values(), key=lambda each: each.key)
    )
    yield _table(("key", "时限 deadline", "period", "counted from", "依据 source"), rows)


def _profiles(catalogue: Catalogue) -> Iterator[str]:
    yield "## 采购程序 Procedures"
    yield _OF_PROFILES.strip()
    for profile in sorted(catalogue.profiles.values(), key=lambda each: each.key):
        yield f"### {profile.zh} {profile.en}"
        yield f"`{profile.key}`, version {profile.version}"
        lines = ((name, f"`{_bar(nodes)}`") for name, nodes in profile_lines(catalogue, profile))
        yield _table(("阶段 group", "节点 nodes"), lines)
        optional = " ".join(catalogue.types[name].code or name for name in profile.optional)
        yield f"可选 optional: {optional}"
        if profile.elsewhere:
            away = " ".join(profile.elsewhere)
            yield f"不属本程序的子系统 subsystems of other procedures: {away}"


def _subsystems(catalogue: Catalogue) -> Iterator[str]:
    yield "## 子系统与功能点 Subsystems and function points"
    yield _OF_SUBSYSTEMS.strip()
    for each in catalogue.subsystems.values():
        yield f"### {each.key} {each.zh} {each.en}"
        yield f"{each.basis}{'' if not each.sources else ': ' + ', '.join(each.sources)}"
        yield _table(("point", "功能点 function point", "类型 types"), _points(catalogue, each))


def _points(catalogue: Catalogue, subsystem: Subsystem) -> Iterator[tuple[str, ...]]:
    for point in subsystem.points:
        kinds = (catalogue.types[name] for name in catalogue.at_point[point.key])
        names = " ".join(kind.code or f"`{kind.key}`" for kind in kinds)
        yield point.key, f"{point.zh} {point.en}", names or "planned"


def _roles(catalogue: Catalogue) -> Iterator[str]:
    yield "## 角色 Roles"
    rows = (
        (
            f"`{each.key}`",
            f"{each.zh} {each.en}",
            each.group,
            ", ".join(name for name in ("governance", "single", "reads") if getattr(each, name)),
        )
        for each in sorted(catalogue.roles.values(), key=lambda each: (each.group, each.key))
    )
    yield _table(("key", "角色 role", "group", "说明 note"), rows)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; nothing in a cell can end it."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(
        "| " + " | ".join(" ".join(cell.split()) for cell in line) + " |" for line in lines
    )


def _bar(text: str) -> str:
    """A bar that does not end the cell."""
    return text.replace("|", "\\|")
