"""Whoever waits in a node's loop is woken in time, also where the monotonic clock steps back."""

import asyncio
import time

from cli.compose.steady_loop import SteadyLoop


class Clock:
    """The machine's, and what is wrong with it."""

    def __init__(self) -> None:
        self.off_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.off_s


def test_a_timer_that_was_set_before_the_clock_stepped_back_comes_in_time() -> None:
    clock = Clock()
    with asyncio.Runner(loop_factory=lambda: SteadyLoop(clock)) as runner:

        async def waited() -> None:
            clock.off_s = 600
            waiting = asyncio.ensure_future(asyncio.sleep(0.2))
            await asyncio.sleep(0)
            clock.off_s = 0
            # What comes in meanwhile wakes the loop, which then looks at its timers.
            end_s = time.monotonic() + 5
            while not waiting.done():
                assert time.monotonic() < end_s, "the timer would come in ten minutes"
                await asyncio.sleep(0)

        runner.run(waited())


def test_its_time_never_goes_back_and_goes_on_as_the_clock_does() -> None:
    times = iter([10.0, 10.0, 12.0, 5.0, 6.5, 100.0, 1.0, 2.0])
    loop = SteadyLoop(lambda: next(times))
    try:
        seen = [loop.time() for _ in range(7)]
        assert seen == [10.0, 12.0, 12.0, 13.5, 107.0, 107.0, 108.0]
    finally:
        loop.close()
