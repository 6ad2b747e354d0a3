"""`bidwitness node clock-report`: puts on the ledger what keeps the clock of one's node in step."""

import signal
import time
from typing import Annotated, Any, Final, NoReturn

import typer

from api.client.nodes import ClientError, Nodes
from cli.clock_reporting import SCHEDULE, STATE_CHANGE, NotOurs, Reading, least_ms, reading
from cli.commands.options import (
    WAIT_DEFAULT_S,
    AsOption,
    JsonFlag,
    NodeOption,
    WaitOption,
    client_from,
)
from cli.desk import Desk
from cli.failures import CommandError, Exit
from cli.interruption import take_as_interruption
from cli.output import Output, facts
from cli.rounds import span_s, tell_problem
from cli.words import say
from ledger.codes import Code
from ledger.errors import LedgerError
from ledger.words.moments import beijing_time

LOOK_S: Final = 60
"""How often the state is looked at; a node reads its clock as often."""


def clock_report(
    every: Annotated[str, typer.Option("--every", help=say("help.clock_every"))] = "",
    as_: AsOption = None,
    node: NodeOption = None,
    wait: WaitOption = WAIT_DEFAULT_S,
    as_json: JsonFlag = False,
) -> None:
    """Report the clock of the organisation's node once; with `--every` again and again."""
    output, every_s = Output(as_json), span_s(every) if every else 0
    settings = client_from(as_, node)
    with Desk.open(settings, wait) as desk:
        clock = _Clock(desk, settings.nodes, output)
        if every_s:
            take_as_interruption(signal.SIGTERM)
            clock.again_and_again(every_s)
        clock.once()


class _Clock:
    """The clock of one organisation's node, and the desk that reports it."""

    def __init__(self, desk: Desk, urls: tuple[str, ...], output: Output) -> None:
        self._desk = desk
        self._urls = urls
        self._output = output
        self._least_ms = least_ms(desk.trust.genesis.parameters.day_ms)

    def once(self) -> None:
        """Report, whether it is due or not; the rules refuse one that comes too soon."""
        read = self._read()
        self._report(read, STATE_CHANGE if read.recorded and read.changed else SCHEDULE)

    def again_and_again(self, every_s: int) -> NoReturn:
        """Report whenever it is due, for ever; what goes wrong in one round ends no other."""
        while True:
            try:
                read = self._read()
                cause = read.due(_now_ms(), every_s * 1_000, self._least_ms)
                if cause:
                    self._report(read, cause)
            except LedgerError as problem:
                tell_problem(self._output, problem)
            time.sleep(min(LOOK_S, every_s))

    def _read(self) -> Reading:
        """What the first of the nodes says that is this organisation's.

        Raises:
            CommandError: `clock.unknown` where none is, or says something.
            ClientError: `node.unreachable`, `api.answer`.
        """
        unreached: ClientError | None = None
        for url in self._urls:
            try:
                return reading(self._told(url), self._desk.member_id)
            except NotOurs:
                continue
            except ClientError as problem:
                unreached = problem
            except (LookupError, TypeError, ValueError) as problem:
                raise ClientError(Code.API_ANSWER, node=url, what=repr(problem)[:80]) from problem
        if unreached is not None:
            raise unreached
        named = ", ".join(self._urls)
        raise CommandError(
            Exit.UNAVAILABLE, Code.CLOCK_UNKNOWN, nodes=named, member=self._desk.member_id
        )

    def _told(self, url: str) -> Any:
        nodes = Nodes([url], certificate_file=self._desk.certificate_file)
        try:
            return nodes.json("/v1/network")
        finally:
            nodes.close()

    def _report(self, read: Reading, cause: str) -> None:
        written = read.record(self._desk.member_id, cause, _now_ms())
        (kept,) = self._desk.submit([written])
        record, said = kept.receipt.record_id.hex(), dict(written.record.fields)
        told = {"record": record, "height": kept.height, "fields": said}
        at_ms = said.get("synchronised_at_ms")
        rows = [
            (say("clock.source"), str(said["time_source"])),
            (say("clock.in_step"), say(f"diagnose.clock_{said['in_step']}")),
            (say("clock.peers"), say(f"clock.{said['peers']}")),
            (say("clock.synchronised"), beijing_time(at_ms) if isinstance(at_ms, int) else "–"),
            (say("kept.record"), record),
            (say("kept.height"), str(kept.height)),
        ]
        title = say("clock.reported", node=read.node, cause=say(f"clock.{cause}"))
        self._output.result(told, facts(title, rows))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
