"""The function point at which a record stands, set for whoever writes it where there is no choice.

A record that names its point is found by it without the registry at hand. Where its type stands at
several, the writer says which; nobody guesses here.
"""

from collections.abc import Mapping
from functools import cache

from contracts.catalogue import load_catalogue
from contracts.schema import NO_CONDITION, holds
from contracts.tables import FUNCTION_POINT, Catalogue
from ledger.core.canonical import Value


def with_point(type_key: str, fields: Mapping[str, Value]) -> dict[str, Value]:
    """The fields, with the point where they name none and the registry leaves no choice.

    Args:
        type_key: key of the record's type; of one unknown here nothing is said.
        fields: as written.
    """
    kind = _catalogue().types.get(type_key)
    if kind is None or FUNCTION_POINT in fields:
        return dict(fields)
    points = [
        point
        for point in kind.function_points
        if point not in kind.named_points
        and holds(kind.point_when.get(point, NO_CONDITION), fields)
    ]
    return {**fields, FUNCTION_POINT: points[0]} if len(points) == 1 else dict(fields)


@cache
def _catalogue() -> Catalogue:
    return load_catalogue()
