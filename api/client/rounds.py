"""Round: what one turn over all nodes brought, where it brought no answer."""

from collections.abc import Iterable
from typing import Final

import httpx

from api.client.problems import ClientError, problem_of
from ledger.codes import Code
from ledger.errors import LedgerError

TRY_ANOTHER: Final = frozenset({421, 429, 500, 502, 503, 504})
"""What a node says that cannot answer now, or leaves it to others; all else is a refusal."""
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
        self.lie: LedgerError | None = None
        """Why the first answer that did not hold did not."""
        self.pause_s = PAUSE_S

    def refuses(self, answer: httpx.Response, url: str) -> None:
        """Take in that a node cannot answer now."""
        self.refused = problem_of(answer, url)
        self.pause_s = max(self.pause_s, _retry_after_s(answer))

    def outcome(self, urls: Iterable[str]) -> LedgerError:
        """What is raised where nobody is asked again."""
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
