"""Four nodes over real sockets: bundles commit everywhere, and a killed node comes back."""

from pathlib import Path

from consensus.fates import Committed
from ledger.core.acknowledgement import Acknowledgement
from tests.network.loopback import Cluster, cosigned, settled, story, until


def test_a_bundle_submitted_to_any_node_is_committed_and_cosigned_by_all(tmp_path: Path) -> None:
    async def act(cluster: Cluster) -> None:
        for number, node in enumerate(cluster.nodes):
            bundle = cluster.bundle([f"from-{number}"], f"member-node-{number + 1}")
            answer = node.up.submit(bundle)
            assert isinstance(answer, Acknowledgement)
            answer.verify(node.tls.signer.public_key)
            fate = await settled(node, bundle)
            assert isinstance(fate, Committed)
            await cosigned(node, fate.height)
        await until(lambda: len({node.head for node in cluster.nodes}) == 1, "one head")
        for node in cluster.nodes:
            assert node.up.status.troubles == ()

    story(act, tmp_path)


def test_the_work_goes_on_without_one_node_and_it_catches_up(tmp_path: Path) -> None:
    async def act(cluster: Cluster) -> None:
        first, *others = cluster.nodes
        await until(lambda: all(node.up.status.has_quorum for node in cluster.nodes), "quorum")
        # The primary of view 0 goes: the others must change the view to go on.
        await first.kill()
        for number in range(5):
            bundle = cluster.bundle([f"without-{number}"], "member-node-2")
            others[0].up.submit(bundle)
            fate = await settled(others[0], bundle)
            assert isinstance(fate, Committed)
        first.start()
        await until(lambda: len({node.head for node in cluster.nodes}) == 1, "one head")
        bundle = cluster.bundle(["after"], "member-node-1")
        first.up.submit(bundle)
        assert isinstance(await settled(first, bundle), Committed)

    story(act, tmp_path)
