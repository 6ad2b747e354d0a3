"""The measures of `make bench`, run small: that they run and add up, never how fast they are."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.measures.curve import drawn
from bench.measures.http import Caller
from bench.measures.result import Bar, Result
from bench.measures.spent import Spent, spent_by

CHUNKS = b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"


def test_a_quick_run_measures_and_keeps_what_it_found_but_judges_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "found.json"
    main(["--quick", "--only", "d,e,g", "--folder", str(tmp_path), "--json", str(kept)])
    told = json.loads(kept.read_text("utf-8"))
    assert [each["key"] for each in told["results"]] == ["d", "e", "g"]
    assert all(each["measured"] > 0 for each in told["results"])
    assert told["machine"]["cores"] == os.cpu_count()
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    assert {row.split("│")[5].strip() for row in rows} == {""}


def test_a_measure_that_is_not_there_is_named() -> None:
    with pytest.raises(SystemExit, match="no such measure: z"):
        main(["--only", "z"])


@pytest.mark.parametrize(("at_least", "holds"), [(True, False), (False, True)])
def test_a_bar_is_reached_from_its_own_side(at_least: bool, holds: bool) -> None:
    result = Result("a", "measured", "ms", 9.0, Bar(10.0, at_least, "10"))
    assert result.holds is holds
    assert Result("a", "reported", "ms", 9.0, None).holds is None


def test_what_processes_cost_is_counted_between_two_looks() -> None:
    before = Spent(1.0, 100, 5)
    assert Spent(3.0, 400, 7).since(before) == Spent(2.0, 300, 7)
    assert Spent(2.0, 3_000, 7).figures(1_000)["node CPU s per 1,000 records"] == 2.0
    assert spent_by([os.getpid()]).largest_rss_bytes > 1_000_000
    assert spent_by([2**22 + 1]) == Spent(0.0, 0, 0)


def test_a_curve_is_drawn_with_its_target() -> None:
    picture = drawn("a < b", [(0.0, 5.0), (1.0, 10.0)], Bar(20.0, at_least=True, words="≥ 20"))
    assert "a &lt; b" in picture
    assert "≥ 20" in picture
    assert picture.count("<polyline") == 1


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 201 Created\r\ncontent-length: 3\r\n\r\nabc", b"abc"),
        (
            b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
            b"abc",
        ),
    ],
)
def test_the_client_reads_both_kinds_of_answers_again_and_again(answer: bytes, body: bytes) -> None:
    async def story() -> list[tuple[int, bytes]]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for _ in range(2):
                await reader.readuntil(b"\r\n\r\nasked")
                writer.write(answer)
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as running:
            caller = Caller(f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}")
            answers = [await caller.post("/", b"asked") for _ in range(2)]
            caller.close()
            return answers

    assert asyncio.run(story()) == [(201, body)] * 2


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    async def story() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc")
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as running:
            caller = Caller(f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}")
            with pytest.raises(ConnectionError, match="ends early"):
                await caller.post("/", b"")
            caller.close()

    asyncio.run(story())
