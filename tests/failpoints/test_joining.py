"""A real node begins with a snapshot: it dies at each chunk and at the switch, and donors lie to it.

Here one way to die for each kind of place; `make failpoints STORY=join` tries every step.
"""

from collections.abc import Iterator

import pytest

from consensus.snapshot_frames import ChunkGiven, Offered
from tests.failpoints.campaign import JoinStage, Point, run
from tests.failpoints.joining import Change, Lies, nothing, truncated, wrong_root, wrong_rows
from tests.failpoints.lone import After

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(900)]

TRIES = 3
"""On a busy machine the two seconds may pass in which a start waits for offers: it rightly goes on
by blocks then, and has met no liar."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JoinStage]:
    made = JoinStage(tmp_path_factory.mktemp("join"))
    yield made
    made.close()


def test_it_may_die_at_a_chunk_and_at_the_switch(stage: JoinStage) -> None:
    (story,) = stage.stories
    chunks = [
        step.number
        for step in story.steps
        if step.op == "fsync" and step.name.startswith("db-joining/") and step.kind == "fsync .log"
    ]
    assert len(chunks) > 4, "the offer, and several chunks"
    (switch,) = [
        step.number for step in story.steps if step.kind == "rename db" and "joining" in step.source
    ]
    points = [
        Point(chunks[3], "before", After.TORN, "chunk"),
        Point(switch, "before", After.KILL, "switch"),
    ]
    assert [each.problem for each in run(stage, story, points) if each.problem] == []


@pytest.mark.parametrize(
    ("lies", "named"),
    [
        (
            ((Offered, wrong_root), (ChunkGiven, wrong_rows)),
            (("snapshot.donor_lied", "snapshot.offer"), ("snapshot.donor_lied", "snapshot.chunk")),
        ),
        (
            ((ChunkGiven, truncated), (ChunkGiven, nothing)),
            (("snapshot.donor_lied", "format"), ("snapshot.donor_silent", "")),
        ),
    ],
)
def test_two_donors_lie_and_the_third_is_enough(
    stage: JoinStage,
    lies: tuple[tuple[type, Change], ...],
    named: tuple[tuple[str, str], ...],
) -> None:
    joining = stage.joining
    liars = [peer for peer in joining.folders if peer != joining.heard.victim][: len(lies)]
    findings: list[str] = []

    async def act() -> None:
        Lies(dict(zip(liars, lies, strict=True))).teach(joining.peers)
        findings.extend(await joining.joined_and_diagnosed())

    before: dict[str, int] = {}
    for _ in range(TRIES):
        before = {name: len(joining.logged(name)) for name, _ in named}
        joining.run(act)
        if joining.began_with_a_snapshot:
            break
    joining.check_joined()
    for liar, (name, code) in zip(liars, named, strict=True):
        said = [each for each in joining.logged(name)[before[name] :] if each["peer"] == liar]
        assert len(said) == 1, f"{liar} is named once"
        assert str(said[0].get("code", "")).startswith(code), said
        if code:
            assert f"diagnose.snapshot_liar {liar}" in findings
