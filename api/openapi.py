"""What the OpenAPI description says beyond the routes' own signatures."""

from typing import Any, Final

from api.errors import PROBLEM_TYPE
from api.schemas import BundleIn

_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "detail_zh", "facts", "instance"],
    "properties": {
        "type": {"type": "string", "example": "urn:bidwitness:problem:bundle.signature"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable name of the reason"},
        "detail": {"type": "string", "description": "What happened and what to do next"},
        "detail_zh": {"type": "string", "description": "发生了什么，下一步怎么办"},
        "facts": {"type": "object"},
        "instance": {"type": "string"},
    },
}
_WHEN: Final = {
    400: "The request is not well formed",
    403: "The record is not shown to the public",
    404: "Not here",
    413: "Too large",
    415: "Unknown media type",
    422: "Refused by the rules, or wrongly signed",
    429: "The pool is full; try again later",
    503: "The node cannot commit now",
}
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": words, "content": {PROBLEM_TYPE: {"schema": _PROBLEM}}}
    for status, words in _WHEN.items()
}
"""Responses of every route."""

BUNDLE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": BundleIn.model_json_schema(ref_template="#/components/schemas/{model}")
            },
            "application/msgpack": {
                "schema": {
                    "type": "string",
                    "format": "binary",
                    "description": "Canonical bytes of the bundle: docs/spec/bundle.md",
                }
            },
        },
    }
}
