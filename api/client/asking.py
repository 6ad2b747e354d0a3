"""Asking: which of several nodes is asked, for how long, and whether another one is asked next.

A node that is down, stopped, without quorum or an observer is passed over, and so is one whose
answer does not hold; what a node refuses is not asked of another one, because the rules are the
same everywhere, but for what it may refuse only because it is behind the others. Whoever answers
one byte at a time does not hold up whoever asked: a call has a time for its whole, and each request
in it a time that only the bytes which it brings prolong.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar

import httpx

from api.client.flow import Away, Begin, Flow, HangUp, Head, Params, Part, Pause
from api.client.problems import ClientError, Pending, json_of, problem_of
from api.client.rounds import TRY_ANOTHER, Round
from ledger.codes import Code
from ledger.errors import LedgerError

T = TypeVar("T")
HeaderFor: TypeAlias = Callable[[str], Flow[Mapping[str, str]]]
"""The headers that prove who asks the node at a base URL."""
TIMEOUT_S: Final = 300.0
"""Of a whole call, all nodes and all tries, beyond the time that it was asked to wait."""
CALL_S: Final = 60.0
"""Of one request, beyond the time that the node was asked to wait."""
BYTES_PER_S_LEAST: Final = 16 << 10
"""Slower than the slowest line that a client is used on: what comes buys so much more time."""
READ_MARGIN_S: Final = 30.0
"""Longest silence within an answer, beyond the time that the node was asked to wait."""
AWAY_S: Final = 30.0
"""How long a node of which nothing came is asked after all the others."""
ANSWER_BYTES_MAX: Final = 256 << 20
"""No answer is longer: ten thousand receipts are a quarter of it."""
NO_PARAMS: Final[Params] = MappingProxyType({})
NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


def _nobody_proves(_: str) -> Flow[Mapping[str, str]]:
    yield from ()
    return {}


def nobody_looks(_: object) -> None:
    """Is told how many bytes have come, and does nothing with it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of whichever node."""

    path: str
    """From the base URL on."""
    method: str = "GET"
    """Of a request that is safe to repeat."""
    params: Params = field(default_factory=lambda: NO_PARAMS)
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)
    silence_s: float | None = None
    """Longest time between two parts of the answer; None: what fits the wait."""
    as_public: bool = False
    """Whether nobody proves who asks, though somebody could."""
    header_for: HeaderFor | None = None
    """Proves who asks by this question, whatever the client does otherwise."""

    @property
    def wait_s(self) -> float:
        """How long the node is asked to wait."""
        return float(self.params.get("wait", 0))


class Asking:
    """The nodes that a client knows, and what it has seen of them."""

    def __init__(
        self,
        urls: Sequence[str],
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nodes that were not asked yet.

        Args:
            urls: base URLs, the preferred one first.
            timeout_s: of a whole call.
            clock: seconds that never go back.

        Raises:
            ClientError: `node.unreachable` for no nodes.
            TypeError: for one text, which would be asked letter by letter.
        """
        if isinstance(urls, str):
            raise TypeError(f"nodes is a list of addresses: [{urls!r}]")
        if not urls:
            raise ClientError(Code.NODE_UNREACHABLE, url="–", reason="–")
        self.urls = tuple(url.rstrip("/") for url in urls)
        self.timeout_s = timeout_s
        self.clock = clock
        self.proof: HeaderFor = _nobody_proves
        """Proves who asks; nobody does unless that is wanted."""
        self._away_until: dict[str, float] = {}

    def until(self, wait_s: float = 0.0) -> float:
        """When a call that begins now is over at the latest."""
        return self.clock() + wait_s + self.timeout_s

    def request(
        self, question: Question, taken: Callable[[int], object] = nobody_looks
    ) -> Flow[httpx.Response]:
        """The first answer that is not "try another node"; see `judged`."""
        return self.judged(lambda answer: answer, question, taken=taken)

    def json(self, path: str, **params: str | int | float | bool) -> Flow[Any]:
        """The JSON body of a GET; raises as `judged`."""
        return self.judged(json_of, Question(path, params=params))

    def judged(
        self,
        judge: Callable[[httpx.Response], T],
        question: Question,
        *,
        patience_s: float = 0.0,
        until: float | None = None,
        taken: Callable[[int], object] = nobody_looks,
    ) -> Flow[T]:
        """What `judge` makes of the first answer that is not "try another node" and holds.

        Args:
            judge: reads and verifies an answer; where it raises, the next node is asked.
            question: what is asked.
            patience_s: how long to go on asking while no node can answer.
            until: when the call is over, by the clock; None for `timeout_s` beyond the patience.
            taken: is told the number of bytes of each part of the answer.

        Raises:
            ClientError: `node.unreachable` with every node's reason, or what a node refused.
            LedgerError: what `judge` raised first, where no answer held.
        """
        patient = self.clock() + patience_s
        end = self.until(patience_s) if until is None else until
        while True:
            round_ = Round()
            for url, share in self._round(end):
                answer = yield from self._of_node(question, url, share, end, round_, taken)
                if answer is None:
                    continue
                try:
                    return judge(answer)
                except Pending:
                    raise
                except LedgerError as lie:
                    round_.lie = round_.lie or lie
            left_s = min(patient, end) - self.clock()
            if left_s <= 0 or round_.is_final:
                raise round_.outcome(self.urls)
            yield Pause(min(round_.pause_s, left_s))

    def opened(self, question: Question, until: float | None = None) -> Flow[Head]:
        """An answer that is left open, of the first node that gives one; raises as `judged`."""
        end, round_ = self.until() if until is None else min(until, self.until()), Round()
        for url, share in self._round(end):
            try:
                head = yield from self._begun(question, url, share, end)
                if head.status == httpx.codes.OK:
                    return head
                answer = yield from self._rest(head, share, end, nobody_looks)
            except Away as away:
                self.is_away(url)
                round_.reasons.append(f"{url}: {away}")
                continue
            if answer.status_code not in TRY_ANOTHER:
                raise problem_of(answer, url)
            round_.refuses(answer, url)
        raise round_.outcome(self.urls)

    def answered(
        self,
        url: str,
        question: Question,
        until: float,
        refused: Callable[[ClientError], object] = nobody_looks,
    ) -> Flow[httpx.Response | None]:
        """What one node answers; None where it cannot be asked, or where `refused` hears why."""
        share, round_ = min(CALL_S, until - self.clock()), Round()
        try:
            answer = yield from self._of_node(question, url, share, until, round_, nobody_looks)
        except ClientError as problem:
            # It refuses, or says more than anybody reads: the others may still answer.
            refused(problem)
            return None
        if round_.behind is not None:
            refused(round_.behind)
        return answer if answer is not None and answer.status_code == httpx.codes.OK else None

    def is_away(self, url: str) -> None:
        """Have a node asked after all the others for a while."""
        self._away_until[url] = self.clock() + AWAY_S

    def put_off(self, asked: str) -> None:
        """Have the node that was asked at this address asked after all the others for a while."""
        for url in self.urls:
            if asked.startswith(f"{url}/"):
                self.is_away(url)

    def _of_node(
        self,
        question: Question,
        url: str,
        share: float,
        end: float,
        round_: Round,
        taken: Callable[[int], object],
    ) -> Flow[httpx.Response | None]:
        """The answer of one node; None where another one is to be asked, which `round_` is told."""
        try:
            head = yield from self._begun(question, url, share, end)
            answer = yield from self._rest(head, share, end, taken)
        except Away as away:
            self.is_away(url)
            round_.reasons.append(f"{url}: {away}")
            return None
        if answer.status_code in TRY_ANOTHER:
            round_.refuses(answer, url)
            return None
        if answer.is_success:
            return answer
        problem = problem_of(answer, url)
        if not round_.may_be_behind(problem):
            raise problem
        return None

    def _round(self, end: float) -> Iterator[tuple[str, float]]:
        """The nodes in the order in which they are asked, each with the seconds that it may take.

        Of the time that is left nobody gets more than an even share, so that who trickles leaves
        the others theirs.
        """
        now = self.clock()
        order = sorted(self.urls, key=lambda url: max(self._away_until.get(url, now), now))
        for place, url in enumerate(order):
            left_s = end - self.clock()
            if left_s <= 0:
                return
            yield url, min(CALL_S, left_s / (len(order) - place))

    def _begun(self, question: Question, url: str, share: float, end: float) -> Flow[Head]:
        """The head of one node's answer."""
        proved = NO_HEADERS
        if not question.as_public:
            proved = yield from (question.header_for or self.proof)(url)
        sent_s = len(question.content or b"") / BYTES_PER_S_LEAST
        silence_s = question.silence_s
        head: Head = yield Begin(
            method=question.method,
            url=url + question.path,
            params=question.params,
            content=question.content,
            headers={**proved, **question.headers},
            within_s=min(question.wait_s + share + sent_s, end - self.clock()),
            silence_s=question.wait_s + READ_MARGIN_S if silence_s is None else silence_s,
        )
        self._away_until.pop(url, None)
        return head

    def _rest(
        self, head: Head, share: float, end: float, taken: Callable[[int], object]
    ) -> Flow[httpx.Response]:
        """The whole answer whose head is there."""
        over, parts, size = min(self.clock() + share, end), list[bytes](), 0
        while (part := (yield Part(over - self.clock()))) is not None:
            parts.append(part)
            size += len(part)
            if size > ANSWER_BYTES_MAX:
                raise ClientError(Code.API_ANSWER, node=head.url, what=f"> {ANSWER_BYTES_MAX} B")
            over = min(over + len(part) / BYTES_PER_S_LEAST, end)
            taken(len(part))
        yield HangUp()
        return _whole(head, parts)


def _whole(head: Head, parts: Sequence[bytes]) -> httpx.Response:
    """An answer that was read; its body is as long as it is, and not folded any more."""
    dropped = {"content-encoding", "content-length", "transfer-encoding"}
    kept = {name: value for name, value in head.headers.items() if name not in dropped}
    request = httpx.Request(head.method, head.url, headers=head.asked_with)
    return httpx.Response(head.status, headers=kept, content=b"".join(parts), request=request)
