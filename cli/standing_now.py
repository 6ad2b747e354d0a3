"""How a verified record stands now: asked of nodes, told beside the proof, never part of it.

Where nobody can be asked the offline verdict stands as it is. Spec: ``docs/spec/verifying.md``.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.words import say
from ledger.beside import Beside
from ledger.core.identifiers import NetworkId, RecordId
from ledger.core.strict_json import JsonValue
from ledger.judging import Outcome
from ledger.terminal import printable
from ledger.trust import TrustRoot
from ledger.words.moments import beijing_time

if TYPE_CHECKING:
    from api.client.standing import StandingDesk, StoodNow

_NAME: Final = "now"


@dataclass(slots=True)
class Asker:
    """Asks once for each record, and remembers whether one was said not to be in effect."""

    urls: Sequence[str]
    certificate_file: Path | None = None
    warned: bool = False
    _desks: dict[NetworkId, "StandingDesk"] = field(default_factory=dict)
    _told: dict[RecordId, "StoodNow"] = field(default_factory=dict)

    def __call__(self, outcome: Outcome) -> Beside | None:
        """What nodes say of an outcome's record; nothing where it only carries something else."""
        verdict, trust = outcome.verdict, outcome.trust
        if verdict is None or trust is None or outcome.status or outcome.inner:
            return None
        if verdict.record_id not in self._told:
            self._told[verdict.record_id] = self._desk(trust).ask(verdict.record_id)
        stood = self._told[verdict.record_id]
        self.warned |= stood.in_effect is False
        return Beside(_NAME, tuple(_lines(stood)), _value(stood))

    def close(self) -> None:
        """Close all connections."""
        for desk in self._desks.values():
            desk.close()

    def _desk(self, trust: TrustRoot) -> "StandingDesk":
        # httpx takes a moment to load, and verifying without a network never needs it.
        from api.client.standing import StandingDesk

        if trust.network_id not in self._desks:
            self._desks[trust.network_id] = StandingDesk(self.urls, trust, self.certificate_file)
        return self._desks[trust.network_id]


@contextmanager
def asking(urls: Sequence[str], certificate_file: Path | None) -> Iterator[Asker]:
    """An asker whose connections are closed in the end."""
    asker = Asker(urls, certificate_file)
    try:
        yield asker
    finally:
        asker.close()


def _lines(stood: "StoodNow") -> Iterator[str]:
    word = say(f"certificate.stands_{stood.stands}")
    counted = sum(each.stands == stood.stands for each in stood.said)
    yield say("verify.now", word=word, count=counted, needed=stood.needed)
    for each in stood.said:
        if each.stands:
            at = beijing_time(each.time_ms)
            told = say(f"certificate.stands_{each.stands}")
            yield "  " + say("verify.said", node=each.node_id, word=told, height=each.height, at=at)
        else:
            url, problem = printable(each.url), printable(each.problem)
            yield "  " + say("verify.silent", url=url, problem=problem)
    yield "  " + say("verify.word_only")


def _value(stood: "StoodNow") -> JsonValue:
    return {
        "stands": stood.stands,
        "in_effect": stood.in_effect,
        "needed": stood.needed,
        "said": [
            {
                "url": each.url,
                "node_id": each.node_id or None,
                "stands": each.stands or None,
                "height": each.height,
                "time_ms": each.time_ms,
                "problem": each.problem or None,
            }
            for each in stood.said
        ],
    }
