"""Writes `api/client/types.json` from the catalogue: ``python -m tests.api.types_json``."""

import json
from pathlib import Path

import api.client
from contracts.catalogue import load_catalogue

FILE = Path(api.client.__file__).with_name("types.json")


def types_json() -> str:
    """For each type its points that nobody must name, with their conditions; and what is sealed."""
    rows = {}
    types = load_catalogue().types
    for key, kind in sorted(types.items()):
        found = {
            point: {name: sorted(map(str, values)) for name, values in when.items()}
            for point in kind.function_points
            if point not in kind.named_points
            for when in [kind.point_when.get(point, {})]
        }
        if found:
            rows[key] = found
    lines = [f"{json.dumps(key)}: {json.dumps(row)}" for key, row in rows.items()]
    sealed = [json.dumps(key) for key, kind in sorted(types.items()) if kind.is_sealed]
    parts = '{"points": {\n' + ",\n".join(lines) + '\n},\n"sealed": [\n' + ",\n".join(sealed)
    return parts + "\n]}\n"


if __name__ == "__main__":
    FILE.write_text(types_json(), encoding="utf-8")
