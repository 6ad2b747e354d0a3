"""The compiled release: all releases of a process merged, as OCDS 1.1 says how.

https://standard.open-contracting.org/1.1/en/schema/merging/: objects merge name by name; lists of
objects with ids merge by id; all other lists are replaced; null takes away. Of what is exported,
only the extension's lists have no ids, and they are of a release and not of the process.
"""

from collections.abc import Iterable
from typing import Any, Final

from api.ocds.building import JsonObject

OF_A_RELEASE: Final = frozenset({"id", "date", "tag", "ledgerRecords"})
"""Names that are left out of what is merged (`omitWhenMerged`)."""


def compiled(releases: Iterable[JsonObject]) -> JsonObject:
    """The newest state of all that releases say.

    Args:
        releases: of one process, at least one, from the oldest to the newest.
    """
    merged: JsonObject = {}
    last: JsonObject = {}
    for last in releases:
        said = {name: each for name, each in last.items() if name not in OF_A_RELEASE}
        merged = _merged(merged, said)
    whole = {"id": f"compiled-{last['id']}", "date": last["date"], "tag": ["compiled"]}
    return {"ocid": merged.pop("ocid"), **whole, **merged}


def _merged(before: Any, after: Any) -> Any:
    if isinstance(before, dict) and isinstance(after, dict):
        made = dict(before)
        for name, each in after.items():
            if each is None:
                made.pop(name, None)
            else:
                made[name] = _merged(before.get(name), each)
        return made
    if _have_ids(before) and _have_ids(after):
        by_id = {str(each["id"]): each for each in before}
        for each in after:
            by_id[str(each["id"])] = _merged(by_id.get(str(each["id"]), {}), each)
        return list(by_id.values())
    return after


def _have_ids(value: Any) -> bool:
    is_list = isinstance(value, list)
    return is_list and all(isinstance(each, dict) and "id" in each for each in value)
