"""When certificates end, as a running node reads it: its own, its peers' and its API's."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.clock import now_ms
from cli.compose.api_certificates import new_api_certificate
from cli.compose.certificate_watch import EVERY_S, CertificateWatch, api_certificate
from cli.settings import node_settings
from consensus.depths import CertificateUse
from consensus.tls import new_certificate
from contracts.genesis_rows import genesis_rows
from ledger.chain import Chain
from ledger.core.identifiers import NodeId
from ledger.store.memory import MemoryStore
from tests.network.real_network import MEMBERS, RealNetwork

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> RealNetwork:
    return RealNetwork(tmp_path_factory.mktemp("watched"))


def test_every_certificate_of_the_committee_is_read_and_again_after_a_minute(
    network: RealNetwork,
) -> None:
    settings = node_settings(network.nodes[0].folder)
    genesis = network.trust.genesis
    chain, now = Chain(MemoryStore(), genesis, genesis_rows(genesis)), [0.0]
    pem = settings.folder / "api.pem"
    pem.write_bytes(new_api_certificate("centre", "127.0.0.1", now_ms())[1])
    watch = CertificateWatch(replace(settings, api_certificate_file=pem), chain, lambda: now[0])
    found = watch.facts()
    assert [(each.use, each.name) for each in found] == [
        (CertificateUse.OWN, "centre"),
        *((CertificateUse.PEER, name) for name in MEMBERS[1:]),
        (CertificateUse.API, "centre"),
    ]
    assert all(each.until_ms > now_ms() + 800 * DAY_MS for each in found)
    # Another key's certificate is none of the peer's, however long it lies there.
    other = new_certificate(NodeId("notary"), now_ms())[1]
    (settings.tls_folder / "peers" / "notary.pem").write_bytes(other)
    pem.write_bytes(new_api_certificate("centre", "127.0.0.1", 0)[1])
    now[0] = EVERY_S - 1
    assert watch.facts() == found
    now[0] = EVERY_S
    again = watch.facts()
    assert [each.name for each in again] == ["centre", "supervisor", "registry", "centre"]
    ended = datetime.fromtimestamp(again[-1].until_ms // 1000, UTC)
    assert ended.year == 1972


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "api.pem").write_bytes(b"no certificate \xff")
    assert api_certificate(NodeId("centre"), tmp_path / "api.pem") == ()
    assert api_certificate(NodeId("centre"), tmp_path / "absent.pem") == ()
    assert api_certificate(NodeId("centre"), None) == ()
