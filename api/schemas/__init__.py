"""The JSON shapes of the service, as pydantic models: the only package that knows pydantic.

`submitted` reads what clients send and makes canonical values of it; the others describe
what they get, for the OpenAPI document, and a test holds every answer to it.
"""

from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.schemas import (
    addresses,
    answers,
    certificates,
    completeness,
    court_codes,
    coverage,
    deposits,
    diagnosis,
    node,
    queries,
    status,
    submissions,
    submitted,
    trace,
)
from api.schemas.submitted import read_bundle

__all__ = ["REF", "components", "read_bundle"]

REF: Final = "#/components/schemas/"
_MODULES: Final = (
    addresses,
    answers,
    certificates,
    completeness,
    court_codes,
    coverage,
    deposits,
    diagnosis,
    node,
    queries,
    status,
    submissions,
    submitted,
    trace,
)


def components() -> dict[str, Any]:
    """The JSON schema of every shape, by name, for the OpenAPI document."""
    models = {
        each
        for module in _MODULES
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, BaseModel)
    } - {BaseModel, submitted.Model, answers.PlaceJson}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schema = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=REF + "{model}"
    )
    defined: dict[str, Any] = schema["$defs"]
    return defined
