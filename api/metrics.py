"""Metrics: the node's facts in Prometheus' text format, read when asked for."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.service import LedgerService


class _NodeCollector(Collector):
    """Facts of one node at the moment of the scrape."""

    def __init__(self, service: LedgerService) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """The gauges; names end in their unit."""
        status, node = self._service.node.status, self._service.node
        facts = {
            "height": ("Height of the newest block", status.head.height),
            "log_size": ("Leaves of the log", status.head.log_size),
            "cosigned_height": ("Height of the newest cosigned head", status.cosigned_height),
            "view": ("View of the open height", status.situation.view),
            "waiting_bundles": ("Bundles in the pool", status.waiting_count),
            "waiting_bytes": ("Bytes in the pool", status.pool.size_bytes),
            "reachable_nodes": (
                "Committee nodes that speak, this one included",
                status.committee.n - len(status.missing),
            ),
            "quorum_nodes": ("Committee nodes that are needed", status.committee.q),
            "faults_found": ("Evidence against committee keys", status.faults_count),
            "dropped_messages": ("Messages that did not hold", status.situation.dropped_count),
            "failed": ("1 where the node has stopped", int(node.failure is not None)),
        }
        for name, (words, value) in facts.items():
            yield GaugeMetricFamily(f"bidwitness_{name}", words, value=value)
        lag = GaugeMetricFamily("bidwitness_peer_lag_blocks", "Blocks behind us", labels=["node"])
        offset = GaugeMetricFamily(
            "bidwitness_peer_clock_offset_ms", "Peer's clock minus ours", labels=["node"]
        )
        for name, peer in status.peers.items():
            if peer.height is not None:
                lag.add_metric([name], status.head.height - peer.height)
            if peer.clock_offset_ms is not None:
                offset.add_metric([name], peer.clock_offset_ms)
        yield from (lag, offset, *self._witnesses())

    def _witnesses(self) -> Iterator[Metric]:
        size = GaugeMetricFamily(
            "bidwitness_witness_log_size",
            "Leaves of the newest head that a witness cosigned",
            labels=["witness"],
        )
        failed = CounterMetricFamily(
            "bidwitness_witness_failures",
            "Attempts to reach a witness that failed",
            labels=["witness"],
        )
        for each in self._service.witnesses:
            size.add_metric([each.key.name], each.size)
            failed.add_metric([each.key.name], each.failed_count)
        yield from (size, failed)


def registry_of(service: LedgerService) -> CollectorRegistry:
    """A registry with the node's facts, and nothing of the process's other nodes."""
    registry = CollectorRegistry()
    registry.register(_NodeCollector(service))
    return registry


def exposition(registry: CollectorRegistry) -> bytes:
    """The text that a scraper reads."""
    return generate_latest(registry)
