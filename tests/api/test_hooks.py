"""Webhooks by the piece: what is sent, where it may lead, what is kept, and when one stands still."""

import asyncio
import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.engines.query import Query
from api.event import Event, Wanted
from api.finding import Standing
from api.findings import findings
from api.outbound import hook as hooks
from api.outbound.answer import Answer
from api.outbound.attempts import Attempts, RetryRule
from api.outbound.guarded import is_welcome
from api.outbound.hook import Hook
from api.outbound.hook_file import HookFile, HookState
from api.outbound.hook_signature import headers_of, secret_of
from api.outbound.hook_standing import Halt
from api.outbound.hook_target import HookTarget
from api.outbound.post import HttpPost, Unanswered
from ledger.core.hashing import sha256
from ledger.core.identifiers import LogIndex, MemberId, NetworkId, NodeId
from ledger.errors import StoreError
from tests.api.test_diagnose import status

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WHENCE = (NetworkId(sha256(b"network")), NodeId("one"))
WANTED = Wanted(Query(), frozenset({"records"}))


def test_the_signature_is_the_one_of_the_standards_own_example() -> None:
    """From the tests of its reference libraries."""
    body = b'{"test": 2432232314}'
    made = headers_of([secret_of(SECRET)], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    both = headers_of([bytes(24), secret_of(SECRET)], "a", 1, b"")["webhook-signature"].split(" ")
    assert (
        len(both) == 2
        and both[1] == headers_of([secret_of(SECRET)], "a", 1, b"")["webhook-signature"]
    )


@pytest.mark.parametrize(
    ("address", "welcome"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("10.1.2.3", False),
        ("192.168.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("240.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_only_public_addresses_are_welcome(address: str, welcome: bool) -> None:
    assert is_welcome(ip_address(address), ()) is welcome


def test_a_network_that_was_named_is_welcome_and_the_link_never() -> None:
    named = (ip_network("10.0.0.0/8"), ip_network("::1/128"), ip_network("169.254.0.0/16"))
    assert is_welcome(ip_address("10.1.2.3"), named)
    assert is_welcome(ip_address("::ffff:10.1.2.3"), named)
    assert is_welcome(ip_address("::1"), named)
    assert not is_welcome(ip_address("192.168.0.1"), named)
    assert not is_welcome(ip_address("169.254.169.254"), named)


def test_a_name_that_leads_to_this_machine_is_not_even_connected_to() -> None:
    """However the address is written: names, decimals and hexadecimals all end at an address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        listening.settimeout(0)
        for host in ("localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
            post = HttpPost(f"http://{host}:{port}/", None, private=())
            with pytest.raises(Unanswered, match="not allowed"):
                asyncio.run(sent(post))
            with pytest.raises(BlockingIOError):
                listening.accept()


async def sent(post: HttpPost) -> Answer:
    try:
        return await post.send(b"{}", {})
    finally:
        await post.close()


def test_a_redirect_is_not_followed() -> None:
    """A receiver could lead the node to its neighbours."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            line, _ = listening.accept()
            with line:
                line.recv(65_536)
                away = b"Location: http://169.254.169.254/\r\nRetry-After: 7\r\n"
                line.sendall(b"HTTP/1.1 307 x\r\n" + away + b"Content-Length: 0\r\n\r\n")

        answering = threading.Thread(target=answer)
        answering.start()
        url, here = f"http://127.0.0.1:{listening.getsockname()[1]}/", ip_network("127.0.0.0/8")
        assert asyncio.run(sent(HttpPost(url, None, private=[here]))) == Answer(307, b"", 7)
        answering.join()


@dataclass
class Log:
    """Two records at index 1, one at 2 and 3 each; and whether the ledger knows the member."""

    known: bool = True
    hidden: set[str] = field(default_factory=set)
    events: tuple[Event, ...] = tuple(
        Event("record", index, f"{number:064x}", 1_000, {"record_id": f"{number:064x}"})
        for number, index in enumerate((1, 1, 2, 3))
    )

    def knows(self, _: MemberId) -> bool:
        return self.known

    def start(self, _: HookTarget) -> LogIndex:
        return LogIndex(-1)

    def newest(self) -> LogIndex:
        return LogIndex(3)

    async def behind(
        self, _: MemberId, __: Wanted, index: LogIndex, ___: int
    ) -> tuple[LogIndex, tuple[Event, ...]]:
        shown = (each for each in self.events if each.key not in self.hidden)
        return self.newest(), tuple(each for each in shown if each.index > index)


@dataclass
class Line:
    """A receiver that answers as it is told; what it took, by number."""

    status: int = 200
    refuses: frozenset[int] = frozenset()
    taken: list[int] = field(default_factory=list)

    async def send(self, body: bytes, _: Mapping[str, str]) -> Answer:
        number = int(json.loads(body)["data"]["record_id"], 16)
        if number in self.refuses:
            return Answer(400, b"")
        if self.status == 200:
            self.taken.append(number)
        return Answer(self.status, b"")

    async def close(self) -> None:
        """Nothing is open."""


class Clock:
    """Each look is a minute after the last, so that no pause is waited for."""

    def __init__(self) -> None:
        self.now_ms = 1_000_000

    def __call__(self) -> int:
        self.now_ms += 60_000
        return self.now_ms


def made(folder: Path, line: Line, **changes: object) -> Hook:
    target = HookTarget("desk", MemberId("m"), "https://x", (bytes(24),), WANTED, attempts_max=2)
    attempts = Attempts(RetryRule(), lambda _: 0)
    wished = replace(target, **changes)  # type: ignore[arg-type]
    return Hook(wished, WHENCE, HookFile(folder, "desk"), line, attempts, Clock())


def steps(hook: Hook, log: Log, count: int) -> None:
    async def go() -> None:
        for _ in range(count):
            await hook.step(log)

    asyncio.run(go())


@settings(max_examples=12)
@given(stops=st.lists(st.integers(1, 3), max_size=6))
def test_whatever_interrupts_it_each_event_is_told_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, stops: list[int]
) -> None:
    folder, line, log = tmp_path_factory.mktemp("hook"), Line(), Log()
    for count in [*stops, 9]:
        steps(made(folder, line), log, count)
    assert line.taken == [0, 1, 2, 3]


def test_what_is_refused_is_set_aside_and_sent_again_only_if_it_may_still_be_seen(
    tmp_path: Path,
) -> None:
    line, log, file = Line(refuses=frozenset({0, 2})), Log(), HookFile(tmp_path, "desk")
    hook = made(tmp_path, line)
    steps(hook, log, 12)
    state = file.read()
    assert state is not None and line.taken == [1, 3]
    assert [(each.attempts, each.reason) for each in state.dead] == [(2, "HTTP 400")] * 2
    # A right that ended meanwhile is over for what was set aside, too.
    line.refuses = frozenset()
    log.hidden.add(state.dead[1].key)
    file.ask_again(["*"])
    steps(hook, log, 6)
    state = file.read()
    assert state is not None and line.taken == [1, 3, 0]
    assert (state.dead, state.again, state.delivered_count) == ((), (), 3)


def test_it_stands_still_where_somebody_must_do_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def halted(hook: Hook, why: Halt) -> None:
        standing = hook.standing
        assert standing.halt is why
        found = findings(Standing(status(), hooks=[standing]))
        assert "diagnose.webhook_halted" in [each.code.value for each in found]

    gone = made(tmp_path / "gone", line := Line(status=410))
    steps(gone, Log(), 3)
    halted(gone, Halt.GONE)
    line.status = 200
    HookFile(tmp_path / "gone", "desk").ask_again([])
    steps(gone, Log(), 9)
    assert line.taken == [0, 1, 2, 3] and gone.standing.halt is None

    stranger = made(tmp_path / "stranger", line := Line())
    steps(stranger, Log(known=False), 3)
    halted(stranger, Halt.MEMBER)
    assert not line.taken

    monkeypatch.setattr(hooks, "DEAD_MAX", 2)
    full = made(tmp_path / "full", line := Line(refuses=frozenset({0, 1, 2})))
    steps(full, Log(), 12)
    halted(full, Halt.FULL)
    assert not line.taken, "nothing is dropped to go on"

    monkeypatch.setattr(hooks, "NOTES_MAX", 2)
    noted = made(tmp_path / "noted", line := Line(), notes=True)
    steps(noted, Log(), 12)
    halted(noted, Halt.NOTES)
    assert line.taken == [0, 1]

    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "desk.json").write_text('{"behind": 1')
    torn = made(tmp_path / "torn", line := Line())
    steps(torn, Log(), 3)
    halted(torn, Halt.STATE)
    assert not line.taken


@settings(max_examples=20)
@given(data=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_a_state_that_is_none_is_refused_in_one_way(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("state")
    (folder / "desk.json").write_bytes(data)
    with pytest.raises(StoreError):
        HookFile(folder, "desk").read()
    (folder / "desk.again").write_bytes(data)
    assert HookFile(folder, "desk").asked_again() is not None


def test_a_state_is_read_as_it_was_kept(tmp_path: Path) -> None:
    file, state = HookFile(tmp_path, "desk"), HookState(7, ("a", "b"), delivered_count=3, gone=True)
    assert file.read() is None
    file.keep(state)
    assert file.read() == state
