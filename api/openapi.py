"""What the OpenAPI description says beyond the routes' own signatures: bodies and answers.

Shapes are named here and defined in `api.schemas`; a test holds real answers to them.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import PROBLEM_TYPE, RETRY_AFTER_S
from api.examples import JSON, show
from api.schemas import REF, components

Responses: TypeAlias = dict[int | str, dict[str, Any]]

_BINARY: Final[Mapping[str, Any]] = {"type": "string", "format": "binary"}
_JSON_FILE: Final[Mapping[str, Any]] = {"type": "object"}
_FRAMEWORKS_OWN: Final = "HTTPValidationError"
_WHEN: Final = {
    400: "The request is not well formed",
    401: "The caller did not prove who it is",
    403: "The record is not shown to the caller, or the caller lacks a role",
    404: "Not here",
    405: "The path does not take this method",
    413: "Too large",
    415: "Unknown media type",
    421: "Another node has it, or takes it: this one kept it not, is behind, or observes",
    422: "Refused by the rules, or wrongly signed",
    429: "The pool is full; try again later",
    500: "The node made a mistake",
    503: "The node cannot commit now",
}


def shape(name: str) -> dict[str, Any]:
    """The schema of that name."""
    return {"$ref": REF + name}


def answer(words: str, name: str, media_type: str = JSON, *bytes_types: str) -> dict[str, Any]:
    """A response whose body has the shape `name`, or is bytes of one of the other types."""
    content = {media_type: {"schema": shape(name)}}
    return {"description": words, "content": content | _bytes_of(*bytes_types)}


def one_of(words: str, *names: str) -> dict[str, Any]:
    """A response whose body has one of the shapes."""
    schema = {"oneOf": [shape(name) for name in names]}
    return {"description": words, "content": {JSON: {"schema": schema}}}


def bytes_answer(words: str, *media_types: str) -> dict[str, Any]:
    """A response whose body is a file."""
    return {"description": words, "content": _bytes_of(*media_types)}


def _bytes_of(*media_types: str) -> dict[str, Any]:
    """Files of bytes; one of JSON has its own page, and a verifier of its own."""
    json_file, file = {"schema": dict(_JSON_FILE)}, {"schema": dict(_BINARY)}
    return {name: json_file if name.endswith("json") else file for name in media_types}


def later(described: dict[str, Any]) -> dict[str, Any]:
    """A response that says when to ask again."""
    header = {"schema": {"type": "integer", "example": RETRY_AFTER_S}, "description": "Seconds"}
    return {**described, "headers": {"Retry-After": header}}


def problems(*statuses: int) -> Responses:
    """The problem documents of a route; 400, 401, 405 and 500 may come from all of them."""
    return {
        status: later(_problem(status)) if status in (429, 503) else _problem(status)
        for status in sorted({400, 401, 405, 500, *statuses})
    }


def _problem(status: int) -> dict[str, Any]:
    return answer(_WHEN[status], "ProblemJson", PROBLEM_TYPE)


BUNDLE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": shape("BundleJson")},
            "application/msgpack": {
                "schema": {
                    **_BINARY,
                    "description": "Canonical bytes of the bundle: docs/spec/bundle.md",
                }
            },
        },
    }
}


DEPOSIT_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": {"type": "object", "description": "docs/spec/deposits.md"}}},
    }
}
COURT_ORDER_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": {"type": "object", "description": "docs/spec/court_code.md"}}},
    }
}
COURT_CODE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["code"],
                    "properties": {"code": {"type": "string"}},
                    "additionalProperties": False,
                }
            }
        },
    }
}
MEMBERS_ONLY: Final[dict[str, Any]] = {"security": [{"member": []}]}
_SCHEMES: Final[dict[str, Any]] = {
    "member": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "EdDSA under a key that the ledger knows: docs/spec/identity.md",
    }
}


def describe(app: FastAPI) -> None:
    """Have `app` describe itself with every shape defined."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                license_info=app.license_info,
                routes=app.routes,
            )
            made["components"] = {"schemas": components(), "securitySchemes": _SCHEMES}
            for route in (route for path in made["paths"].values() for route in path.values()):
                # The framework foresees its own form of 422 for parameters; ours is a 400.
                if _FRAMEWORKS_OWN in str(route["responses"].get("422")):
                    del route["responses"]["422"]
                # Whoever proves itself may be shown more; whoever does not is the public.
                route.setdefault("security", [{}, *MEMBERS_ONLY["security"]])
            show(made)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
