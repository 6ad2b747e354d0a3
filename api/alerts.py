"""Alerts in words: the catalogue's sentence of an alert, filled from its record, in two languages.

The record holds stable names (a type, a deadline, a reason); the words come from the catalogue.
"""

import re
from typing import Final

from api.field_words import field_name
from api.forms import Json, stored_form
from contracts.tables import Catalogue
from ledger.block_store import StoredRecord
from ledger.core.record import Record
from ledger.words.moments import beijing_clock

LANGUAGES: Final = ("zh", "en")
_SCOPE: Final = re.compile(r"[@:{].*")
"""What follows a type in a must-follow term: among which records, and how many."""
_MOMENT: Final = re.compile(r"(?P<side>before|after)\((?P<what>[a-z_.]+)\)")
"""A clause about a time: ``before(TYPE.field)`` or ``after(DEADLINE)``."""
_SIDES: Final = {
    ("zh", "before"): "须在{what}之前",
    ("zh", "after"): "须在{what}之后",
    ("en", "before"): "to come before {what}",
    ("en", "after"): "to come after {what}",
}
_QUOTED: Final = {"zh": "“{name}”所定时间", "en": "the time set by “{name}”"}
_FIELDS: Final = {"zh": "“{type}”载明的“{field}”", "en": "the “{field}” of “{type}”"}
_COMMA: Final = {"zh": "、", "en": ", "}
_OR: Final = {"zh": "或", "en": " or "}


class _Facts(dict[str, str]):
    """Shows what a record lacks instead of hiding the sentence."""

    def __missing__(self, key: str) -> str:
        return "?"


def alert_sentence(catalogue: Catalogue, record: Record, language: str) -> str:
    """What happened, in one sentence.

    Args:
        catalogue: whose words are used.
        record: a ``ledger.alert_raised``.
        language: ``zh`` or ``en``.
    """
    alert = catalogue.alerts.get(str(record.fields.get("alert", "")))
    if alert is None:
        return str(record.fields.get("alert", "?"))
    facts = _Facts({name: str(value) for name, value in record.fields.items()})
    facts["subject"] = record.subject
    for name in ("about", "because", "deadline"):
        if name in facts:
            facts[name] = _named(catalogue, facts[name], language)
    due_ms = record.fields.get("due_ms")
    if isinstance(due_ms, int):
        facts["due"] = beijing_clock(due_ms)
    template = alert.sentence_zh if language == "zh" else alert.sentence_en
    return template.format_map(facts)


def alert_form(stored: StoredRecord, record: Record, catalogue: Catalogue) -> dict[str, Json]:
    """An alert as JSON, in words."""
    alert = catalogue.alerts.get(str(record.fields["alert"]))
    sentences = {name: alert_sentence(catalogue, record, name) for name in LANGUAGES}
    return {
        **stored_form(stored, record, catalogue),
        "alert": str(record.fields["alert"]),
        "severity": str(record.fields["severity"]),
        "name_zh": alert.zh if alert else "",
        "name_en": alert.en if alert else "",
        "sentence_zh": sentences["zh"],
        "sentence_en": sentences["en"],
    }


def _named(catalogue: Catalogue, name: str, language: str) -> str:
    """The words of a type, a deadline or a reason; what is none of them stands as it is.

    AL01 names several nodes, ``T14|T16 T20``: each becomes its type's name.
    """
    found = catalogue.type(name) or catalogue.deadlines.get(name) or catalogue.reasons.get(name)
    if found is None:
        return _moment(catalogue, name, language) or _nodes(catalogue, name, language) or name
    return found.zh if language == "zh" else found.en


def _moment(catalogue: Catalogue, clause: str, language: str) -> str:
    """The words of a clause about a time; empty where it is none."""
    found = _MOMENT.fullmatch(clause)
    if found is None:
        return ""
    what = found["what"]
    type_key, _, field = what.rpartition(".")
    deadline, kind = catalogue.deadlines.get(what), catalogue.type(type_key)
    if deadline is not None:
        told = _QUOTED[language].format(name=deadline.zh if language == "zh" else deadline.en)
    elif kind is not None:
        facts = {"type": kind.zh if language == "zh" else kind.en}
        told = _FIELDS[language].format(field=field_name(language, field), **facts)
    else:
        return ""
    return _SIDES[language, found["side"]].format(what=told)


def _nodes(catalogue: Catalogue, names: str, language: str) -> str:
    """The words of a list of nodes, or of a clause that names types; empty where it is neither."""
    told = []
    for node in names.replace(" | ", "|").split(" "):
        kinds = [catalogue.type(_SCOPE.sub("", name)) for name in node.split("|")]
        words = [kind.zh if language == "zh" else kind.en for kind in kinds if kind is not None]
        if len(words) < len(kinds) and not node.startswith("+"):
            return ""
        told.append(_OR[language].join(words) or node)
    return _COMMA[language].join(told)
