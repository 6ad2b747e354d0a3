"""A JSON Schema (2020-12) for each record type: the shape that JSON of a record has to have.

Necessary and not sufficient: limits in bytes, roles, what must come before and what a rule asks
only a node judges. Spec: ``docs/spec/http.md``, ``docs/spec/contracts.md``.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from cli.catalogue.plain import Plain
from contracts.schema import Field, RecordType
from contracts.tables import Catalogue
from ledger.core.record import SUBJECT_BYTES_MAX
from ledger.core.shapes import TIME_MAX

Schema: TypeAlias = dict[str, Plain]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
FREE_RELATIONS: Final = frozenset({"follows", "alert", "batch"})
"""Relations that a record of any type may use."""
_TEXT_BYTES_MAX: Final = 256
"""Of a text in a list."""
_TIME: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": TIME_MAX}
_MEMBER: Final[Schema] = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"}
_DIGEST: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_CREDIT_CODE: Final[Schema] = {"type": "string", "pattern": "^[0-9A-HJ-NPQRTUWXY]{18}$"}
"""The two check characters are beyond what a schema can say."""
_UNIT: Final[Schema] = {
    "type": "string",
    "pattern": "^[0-9]{12}[GJZ][A-HSWXY][0-9]{5}[FLQW][0-9]{8}$",
}
_SUBJECTS: Final[Mapping[str, Schema]] = {
    "none": {"const": ""},
    "project": {"pattern": "^[^/]+$"},
    "section": {"pattern": "^[^/]+(/[^/]+)?$"},
    "seal": {"pattern": "^SEAL-[0-9]{6}-[0-9A-Z]{1,24}$"},
    "address": {"pattern": "^ADDR-[0-9]{6}-[0-9A-Z]{1,24}$"},
    "list": {"pattern": "^LIST-[0-9]{6}$"},
    "member": _MEMBER,
    "issuer": _MEMBER,
}


def record_schema(catalogue: Catalogue, kind: RecordType) -> Schema:
    """The schema of a record of one type, as a bundle in JSON carries it."""
    properties: Schema = {
        "type": {"const": kind.key},
        "issuer": _MEMBER,
        "subject": {
            "type": "string",
            "maxLength": SUBJECT_BYTES_MAX,
            **_SUBJECTS.get(kind.subject, {}),
        },
        "occurred_at_ms": _TIME,
        "evidence": {"type": "array", "minItems": kind.evidence_min, "items": _evidence()},
        "fields": _fields(catalogue, kind),
        "private": _private(kind),
        "refs": _refs(kind),
        "nonce": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    }
    required: list[Plain] = ["type", "issuer", "subject", "occurred_at_ms", "nonce"]
    required += ["evidence"] if kind.evidence_min else []
    required += ["fields"] if any(each.required for each in kind.fields.values()) else []
    required += ["refs"] if any(each.required for each in kind.refs.values()) else []
    return {
        "$schema": DIALECT,
        "$id": f"urn:bidwitness:catalogue:{catalogue.hash.hex()}:{kind.key}",
        "title": f"{kind.code} {kind.zh} {kind.en}".strip(),
        **_object(properties, required),
    }


def _object(properties: Schema, required: list[Plain]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }


def _evidence() -> Schema:
    properties: Schema = {
        "label": {"type": "string"},
        "sha256": _DIGEST,
        "sm3": {"anyOf": [_DIGEST, {"type": "null"}]},
        "size_bytes": {"type": "integer", "minimum": 0},
        "media_type": {"type": "string"},
    }
    return _object(properties, ["label", "sha256", "size_bytes", "media_type"])


def _fields(catalogue: Catalogue, kind: RecordType) -> Schema:
    """The type's own fields, and those that every type may carry."""
    every = {**catalogue.common, **kind.fields}
    required: list[Plain] = [name for name, field in kind.fields.items() if field.required]
    return _object({name: field_schema(field) for name, field in every.items()}, required)


def _private(kind: RecordType) -> Schema:
    """A commitment to private fields; none where the type has no private names."""
    if not kind.private:
        return {"type": "null"}
    name: Schema = {"type": "string"}
    if "*" not in kind.private:
        name["enum"] = [*sorted(kind.private)]
    names: Schema = {"type": "array", "minItems": 1, "uniqueItems": True, "items": name}
    commitment = _object({"root": _DIGEST, "names": names}, ["root", "names"])
    return {"anyOf": [commitment, {"type": "null"}]}


def _refs(kind: RecordType) -> Schema:
    """Relations that the type may use; each required one at least once."""
    properties: Schema = {
        "relation": {"enum": [*sorted(FREE_RELATIONS | kind.refs.keys())]},
        "record_id": _DIGEST,
        "network_id": {"anyOf": [_DIGEST, {"type": "null"}]},
    }
    cited: Schema = {"type": "array", "items": _object(properties, ["relation", "record_id"])}
    needed: list[Plain] = [
        {"contains": {"properties": {"relation": {"const": name}}}}
        for name, cites in kind.refs.items()
        if cites.required
    ]
    return cited | {"allOf": needed} if needed else cited


def field_schema(field: Field) -> Schema:
    """The schema of one field's value; bytes are ``{"hex": …}``."""
    return _KINDS[field.kind](field)


def _text(field: Field) -> Schema:
    allowed: Schema = {"enum": [*sorted(field.allowed)]} if field.allowed else {}
    spelt: Schema = {"pattern": f"^{field.pattern}$"} if field.pattern else {}
    return {"type": "string", "maxLength": field.limit, **allowed, **spelt}


def _integer(field: Field) -> Schema:
    return {"type": "integer", "minimum": field.least}


def _hex(length: str) -> Schema:
    pattern: Schema = {"type": "string", "pattern": f"^([0-9a-f]{{2}}){length}$"}
    return _object({"hex": pattern}, ["hex"])


def _list(item: Callable[[Field], Schema]) -> Callable[[Field], Schema]:
    """A list whose length `max` limits, and whose items are each like `item`."""

    def made(field: Field) -> Schema:
        return {"type": "array", "maxItems": field.limit, "items": item(field)}

    return made


def _listed_text(field: Field) -> Schema:
    return _text(field) | {"maxLength": _TEXT_BYTES_MAX}


_KINDS: Final[Mapping[str, Callable[[Field], Schema]]] = {
    "text": _text,
    "integer": _integer,
    "fen": _integer,
    "time": lambda _: _TIME,
    "digest": lambda _: _hex("{32}"),
    "record": lambda _: _hex("{32}"),
    "bytes": lambda field: _hex(f"{{0,{field.limit}}}"),
    "bool": lambda _: {"type": "boolean"},
    "member": lambda _: _MEMBER,
    "credit_code": lambda _: _CREDIT_CODE,
    "property_unit": lambda _: _UNIT,
    "texts": _list(_listed_text),
    "integers": _list(_integer),
    "members": _list(lambda _: _MEMBER),
    "records": _list(lambda _: _hex("{32}")),
    "digests": _list(lambda _: _hex("{32}")),
}
