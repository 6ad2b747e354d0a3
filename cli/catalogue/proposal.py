"""A proposed version on the terminal: its hash, what it changes, and what to do next."""

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from cli.catalogue.differences import Difference
from cli.output import facts, table
from cli.words import language, say
from contracts.tables import Catalogue

_RECORD = """type = "ledger.rules_adopted"
subject = "rules"
documents = ["decision.pdf"]
[fields]
version = "2"
[fields.catalogue]
hex = "{hash}"
"""


def proposal(
    proposed: Catalogue, before: Catalogue, found: Sequence[Difference], lost: Sequence[str]
) -> Iterator[Table | str]:
    """The lines of the answer."""
    rows = [
        (say("catalogue.hash"), proposed.hash.hex()),
        (say("catalogue.compared"), before.hash.hex()),
        (say("catalogue.differ"), str(len(found))),
    ]
    yield facts(say("catalogue.proposal"), rows)
    if found:
        shown = table(say("catalogue.changes"), "", say("catalogue.row"), say("catalogue.change"))
        for each in found:
            name = each.name_zh if language() == "zh" else each.name_en
            what = f"{say(f'catalogue.of_{each.group}')} {each.key} {name}".strip()
            shown.add_row(each.sign, escape(what), escape("\n".join(each.changes)))
        yield shown
    if lost:
        yield escape(say("catalogue.lacks", names=" ".join(lost)))
        return
    yield escape(say("catalogue.put_to_quorum", record=_RECORD.format(hash=proposed.hash.hex())))
