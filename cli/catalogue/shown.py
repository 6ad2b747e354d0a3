"""One row of the catalogue, looked up by whatever a person calls it, and told in facts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cli.catalogue.plain import Plain, plain
from cli.catalogue.wording import clocks, follows, issued_by, profile_lines
from cli.words import language, say
from contracts.declared import Alert, Deadline, Reason, Role
from contracts.profile import Profile
from contracts.schema import Field, RecordType
from contracts.subsystem import Point, Subsystem
from contracts.tables import Catalogue

Fact = tuple[str, str]
Found = RecordType | Alert | Point | Subsystem | Deadline | Profile | Role


@dataclass(frozen=True, slots=True)
class Shown:
    """One row."""

    title: str
    facts: tuple[Fact, ...]
    document: Plain


def look_up(catalogue: Catalogue, name: str) -> Shown | None:
    """The row that somebody calls `name`: code, key, alert, point, subsystem; None for none."""
    wanted = name.strip()
    coded = catalogue.type(wanted) or catalogue.type(wanted.upper())
    if coded is not None:
        return _shown(catalogue, coded, f"{coded.code} {coded.key}", _type(catalogue, coded))
    groups: tuple[Mapping[str, Found], ...] = (
        *(catalogue.alerts, catalogue.points, catalogue.subsystems),
        *(catalogue.deadlines, catalogue.profiles, catalogue.roles),
    )
    for group in groups:
        key = wanted if wanted in group else wanted.upper()
        if key in group:
            return _shown(catalogue, group[key], key, _facts(catalogue, group[key]))
    return None


def _shown(catalogue: Catalogue, row: Found, key: str, told: Iterator[Fact]) -> Shown:
    title = f"{key} {row.zh if language() == 'zh' else row.en}".strip()
    facts = tuple(line for name, value in told if value for line in _lines(name, value))
    document = plain(row)
    if isinstance(row, Point) and isinstance(document, dict):
        document["types"] = plain(catalogue.at_point[row.key])
    return Shown(title, ((say("catalogue.names"), f"{row.zh} / {row.en}"), *facts), document)


def _lines(name: str, value: str) -> Iterator[Fact]:
    """A fact of several lines as a row for each; the first bears the name."""
    for place, line in enumerate(value.split("\n")):
        yield name if place == 0 else "", line


def _type(catalogue: Catalogue, kind: RecordType) -> Iterator[Fact]:
    yield say("catalogue.stage"), kind.stage
    yield say("catalogue.issuers"), issued_by(catalogue, kind)
    yield say("catalogue.subject"), kind.subject
    yield say("catalogue.visibility"), kind.visibility
    yield say("catalogue.follows"), "\n".join(follows(catalogue, kind))
    if kind.entry is not None:
        yield say("catalogue.entry"), _in_language(kind.entry)
    yield say("catalogue.clocks"), "\n".join(clocks(kind))
    yield (
        say("catalogue.fields"),
        "\n".join(_field(name, each) for name, each in kind.fields.items()),
    )
    yield say("catalogue.private"), " ".join(sorted(kind.private))
    yield say("catalogue.evidence"), str(kind.evidence_min) if kind.evidence_min else ""
    yield say("catalogue.raises"), _alerts(catalogue, kind)
    yield (
        say("catalogue.points"),
        "\n".join(_point(catalogue, each) for each in kind.function_points),
    )
    yield say("catalogue.profiles"), " ".join(_profiles_with(catalogue, kind.key))


def _facts(catalogue: Catalogue, row: Found) -> Iterator[Fact]:
    """What is told of any row but a type."""
    match row:
        case Alert():
            yield say("catalogue.severity"), say(f"severity.{row.severity}")
            yield say("catalogue.rule"), "" if row.planned else f"{row.rule} v{row.version}"
            yield say("catalogue.planned"), "✓" if row.planned else ""
            parameters = (f"{name} = {value}" for name, value in row.parameters.items())
            yield say("catalogue.parameters"), "\n".join(parameters)
            sentence = row.sentence_zh if language() == "zh" else row.sentence_en
            yield say("catalogue.sentence"), sentence
            raising = [each for each in catalogue.types.values() if row.code in each.alerts]
            yield say("catalogue.raised_by"), "\n".join(_named(each) for each in raising)
        case Point():
            subsystem = catalogue.subsystems[row.subsystem]
            yield say("catalogue.subsystem"), f"{subsystem.key} {_in_language(subsystem)}"
            kinds = (catalogue.types[name] for name in catalogue.at_point[row.key])
            yield say("catalogue.types"), "\n".join(_named(each) for each in kinds)
            yield say("catalogue.planned"), "✓" if row.planned else ""
        case Subsystem():
            yield say("catalogue.basis"), " ".join((row.basis, *row.sources))
            points = (_point(catalogue, each.key) for each in row.points)
            yield say("catalogue.points"), "\n".join(points)
        case Deadline():
            sign = "−" if row.before else ""
            yield say("catalogue.period"), f"{sign}{row.count} {row.unit}"
            yield say("catalogue.from"), row.start
            yield say("catalogue.source"), row.source
        case Profile():
            yield from profile_lines(catalogue, row)
            kinds = (catalogue.types[name] for name in row.optional)
            yield say("project.optional"), "\n".join(_named(each) for each in kinds)
        case Role():
            yield say("catalogue.group"), row.group
            issued = [e for e in catalogue.types.values() if row.key in {i.role for i in e.issuers}]
            yield say("catalogue.issues"), "\n".join(_named(each) for each in issued)


def _field(name: str, field: Field) -> str:
    allowed = f" ∈ {', '.join(sorted(field.allowed))}" if field.allowed else ""
    return f"{name}{'*' if field.required else ''}: {field.kind}{allowed}"


def _alerts(catalogue: Catalogue, kind: RecordType) -> str:
    return "\n".join(f"{code} {_in_language(catalogue.alerts[code])}" for code in kind.alerts)


def _point(catalogue: Catalogue, key: str) -> str:
    return f"{key} {_in_language(catalogue.points[key])}"


def _named(kind: RecordType) -> str:
    return f"{kind.code} {_in_language(kind)} ({kind.key})".strip()


def _profiles_with(catalogue: Catalogue, type_key: str) -> Iterator[str]:
    for profile in catalogue.profiles.values():
        if type_key in {*profile.types(), *profile.optional}:
            yield profile.key


def _in_language(row: Found | Reason) -> str:
    return row.zh if language() == "zh" else row.en
