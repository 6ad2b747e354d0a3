"""Round: what one turn over all nodes brought, where it brought no answer."""

from collections.abc import Iterable
from typing import Final

import httpx

from api.client.problems import ClientError, problem_of
from ledger.codes import Code
from ledger.errors import LedgerError

TRY_ANOTHER: Final = frozenset({421, 429, 500, 502, 503, 504})
"""What a node says that cannot answer now, or leaves it to others; all else is a refusal."""
BEHIND: Final = frozenset({Code.BUNDLE_KEY, Code.RECORD_MUST_FOLLOW, Code.RECORD_REF_UNKNOWN})
"""What a node refuses that has not yet seen what the others have: a key that was enrolled, or a
record that was committed, a moment ago."""
PAUSE_S: Final = 0.5
"""Between two rounds, unless a node asked for more in `Retry-After`."""
PAUSE_S_MAX: Final = 10.0
REASONS_MAX: Final = 500


class Round:
    """Why each node that was asked gave no answer."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        """Of those of which nothing came."""
        self.refused: ClientError | None = None
        """What the last one said that cannot answer now."""
        self.behind: ClientError | None = None
        """What the first one refused that may only be behind the others."""
        self.lie: LedgerError | None = None
        """Why the first answer that did not hold did not."""
        self.pause_s = PAUSE_S

    def refuses(self, answer: httpx.Response, url: str) -> None:
        """Take in that a node cannot answer now."""
        self.refused = problem_of(answer, url)
        self.pause_s = max(self.pause_s, _retry_after_s(answer))

    def may_be_behind(self, problem: ClientError) -> bool:
        """Whether a node that refuses so may lack what the others have; what it says is kept."""
        if problem.code not in BEHIND:
            return False
        self.behind = self.behind or problem
        return True

    @property
    def is_final(self) -> bool:
        """Whether asking all of them once more would bring nothing else."""
        return self.behind is not None or self.lie is not None

    def outcome(self, urls: Iterable[str]) -> LedgerError:
        """What is raised where nobody is asked again."""
        if self.behind is not None:
            return self.behind
        if self.lie is not None:
            return self.lie
        reason = "; ".join(self.reasons)[:REASONS_MAX] or "timeout"
        return self.refused or ClientError(
            Code.NODE_UNREACHABLE, url=", ".join(urls), reason=reason
        )


def _retry_after_s(answer: httpx.Response) -> float:
    """How long the node asks to be left alone."""
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), PAUSE_S_MAX) if asked.isdecimal() else 0.0
