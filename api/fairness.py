"""Fairness between those who ask: so many requests of one address at a time, and 429 for more.

One that asks without end would otherwise take the place of all the others; and where more is asked
than can be answered at once, the addresses take turns (`api.begun`). What comes from this
machine is not counted: it is the operator's own, or a proxy's, behind which everybody has one
address; a proxy is to be fair by itself. Written as plain ASGI: what is streamed passes untouched.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.begun import Begun, Turn
from api.errors import problem
from ledger.codes import Code
from ledger.errors import LedgerError

REQUESTS_PER_ADDRESS: Final = 64
"""Unless the settings say otherwise: far more than a page or a client has open at once."""
OWN: Final = frozenset({"127.0.0.1", "::1"})
"""Addresses of this machine, which are not counted."""
_KNOWN_MAX: Final = 4_096
_NETWORK_BITS: Final = 64
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LEFT: Final = "http.disconnect"


class Fairness:
    """Counts the requests of each address that are being answered."""

    def __init__(self, app: ASGIApp, most: int = REQUESTS_PER_ADDRESS) -> None:
        """Serve `app`, with at most `most` requests of one address at a time; 0 for no limit."""
        self._app = app
        self._most = most
        self._open: Counter[str] = Counter()
        self.begun = Begun()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        address = network_of((scope.get("client") or ("",))[0])
        if scope["type"] != "http" or not self._most or not address or address in OWN:
            await self._app(scope, receive, send)
            return
        if self._open[address] >= self._most:
            path = Request(scope).url.path
            answer = problem(Code.API_BUSY, {"address": address, "limit": self._most}, path)
            await answer(scope, receive, send)
            return
        self._open[address] += 1
        turn = Turn(self.begun, address)
        try:
            if scope["method"] in _BODILESS:
                await turn.begin()
                first = await receive()
                if first["type"] == _LEFT:
                    # Nobody reads the answer: it costs others their time, and goes nowhere.
                    await Response(status_code=400)(scope, receive, send)
                    return
                receive = _once_more(first, receive)
            await self._app(scope, _beginning(turn, receive), send)
        finally:
            turn.end()
            self._open[address] -= 1
            if not self._open[address]:
                # No more is kept than there are requests.
                del self._open[address]


def address_of(request: Request) -> str:
    """Whom the connection comes from; what its headers claim is anybody's word."""
    return network_of(request.client.host) if request.client else ""


@lru_cache(_KNOWN_MAX)
def network_of(address: str) -> str:
    """What counts as one address: of IPv6 the /64, because its holder has all that are in it."""
    if ":" not in address or address in OWN:
        return address
    try:
        six = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if six.ipv4_mapped is not None:
        return str(six.ipv4_mapped)
    own_bits = 128 - _NETWORK_BITS
    return f"{IPv6Address(int(six) >> own_bits << own_bits)}/{_NETWORK_BITS}"


def _beginning(turn: Turn, receive: Receive) -> Receive:
    """What is handed in is worked on when it is there: who sends it slowly takes nobody's turn."""

    async def received() -> Message:
        message = await receive()
        if not message.get("more_body"):
            await turn.begin()
        return message

    return received


def _once_more(first: Message, receive: Receive) -> Receive:
    """What comes in, with a message that was looked at already."""
    seen = [first]

    async def received() -> Message:
        return seen.pop() if seen else await receive()

    return received


class Shares:
    """How much of something dear one address has under way at a time."""

    def __init__(self, most: int, code: Code = Code.CERTIFICATE_PDF_BUSY) -> None:
        """At most `most` of one address, else `code`; this machine's own are not counted."""
        self._most = most
        self._code = code
        self._open: Counter[str] = Counter()

    @contextmanager
    def share(self, address: str) -> Iterator[None]:
        """One more of an address, until the end.

        Raises:
            LedgerError: the code; by default `certificate_pdf.busy`.
        """
        if not address or address in OWN:
            yield
            return
        if self._open[address] >= self._most:
            raise LedgerError(self._code, limit=self._most)
        self._open[address] += 1
        try:
            yield
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]


@dataclass(slots=True)
class Pace:
    """How often somebody may try: so many times at once, and then once in so many milliseconds.

    Times are any clock's that only goes forward, given as arguments.
    """

    burst: int
    each_ms: int
    _free_at_ms: dict[str, int] = field(default_factory=dict)
    """Per name, when all its attempts are forgotten; names whose time has passed are dropped."""
    _swept_at_ms: int = 0

    def wait_ms(self, name: str, now_ms: int) -> int:
        """Count an attempt of `name` and return 0, or return how long until one may be made."""
        self._sweep(now_ms)
        free_at_ms = max(self._free_at_ms.get(name, now_ms), now_ms)
        early_ms = free_at_ms - now_ms - (self.burst - 1) * self.each_ms
        if early_ms > 0:
            return early_ms
        self._free_at_ms[name] = free_at_ms + self.each_ms
        return 0

    def _sweep(self, now_ms: int) -> None:
        """Once in the time of a burst, so that no more is kept than was tried in two of them."""
        if now_ms - self._swept_at_ms < self.burst * self.each_ms:
            return
        self._swept_at_ms = now_ms
        self._free_at_ms = {key: at for key, at in self._free_at_ms.items() if at > now_ms}
