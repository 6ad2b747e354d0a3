"""Metrics: the node's facts in Prometheus' text format, read when asked for."""

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.service import LedgerService
from api.streams import Streams
from consensus.depths import HostFacts

_INDEX: Final = {
    "height": "Height of the newest block in the query index",
    "lag_blocks": "Blocks that the query index lacks",
    "usable": "1 where the query index answers",
    "faulty": "1 where the query index contradicts the log",
}
_DISK: Final = {
    "disk_free_bytes": "Room on the disk of the journal",
    "journal_bytes": "Promises of open heights",
    "intake_bytes": "Acknowledged bundles that wait",
    "sync_longest_ms": "Longest fsync since the start",
}


class Attempted(Protocol):
    """What counts the extraction codes that somebody typed."""

    @property
    def attempts(self) -> Mapping[str, int]:
        """How many, by what came of it."""
        ...


class _NodeCollector(Collector):
    """Facts of one node at the moment of the scrape."""

    def __init__(self, service: LedgerService, streams: Streams) -> None:
        self._service, self._streams = service, streams

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
            "waiting_submissions": ("Who waits for receipts", self._service.patience.count),
            "streams": ("Exports and event streams", self._streams.count),
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
        host = self._service.standing.host
        outside = (*self._witnesses(), *self._hooks())
        yield from (lag, offset, *outside, *self._index(), *_machine(host))

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

    def _index(self) -> Iterator[Metric]:
        """Families without a number where there is no index."""
        index = self._service.engine.standing
        values: tuple[int | None, ...] = (None,) * len(_INDEX)
        if index is not None:
            values = (index.height, index.lag_blocks, int(index.usable), int(index.is_faulty))
        for (name, words), value in zip(_INDEX.items(), values, strict=True):
            yield GaugeMetricFamily(f"bidwitness_index_{name}", words, value=value)
        asked = CounterMetricFamily(
            "bidwitness_index_questions",
            "Questions answered by the index, and passed on to the node's own rows",
            labels=["answered_by"],
        )
        if index is not None:
            asked.add_metric(["index"], index.answered)
            asked.add_metric(["own"], index.passed_on)
        yield asked

    def _hooks(self) -> Iterator[Metric]:
        facts = {
            "log_index": "Everything up to here in the log is done",
            "set_aside": "Events that were refused again and again",
            "stands_still": "1 where it waits for an operator",
        }
        gauges = {
            name: GaugeMetricFamily(f"bidwitness_webhook_{name}", words, labels=["webhook"])
            for name, words in facts.items()
        }
        counts = {
            name: CounterMetricFamily(f"bidwitness_webhook_{name}", words, labels=["webhook"])
            for name, words in (
                ("deliveries", "Events that the receiver took"),
                ("failures", "Attempts that failed since the node was started"),
            )
        }
        for each in self._service.hooks.standings:
            told = [each.name]
            gauges["log_index"].add_metric(told, each.index)
            gauges["set_aside"].add_metric(told, each.dead_count)
            gauges["stands_still"].add_metric(told, int(each.halt is not None))
            counts["deliveries"].add_metric(told, each.delivered_count)
            counts["failures"].add_metric(told, each.failed_count)
        yield from (*gauges.values(), *counts.values())


def _machine(host: HostFacts | None) -> Iterator[Metric]:
    """What the machine says of itself; families without a number where it does not say."""
    disk = None if host is None else host.disk
    values: tuple[int | None, ...] = (None,) * len(_DISK)
    if disk is not None:
        values = (disk.free_bytes, disk.journal_bytes, disk.intake_bytes, disk.sync_ms_max)
    for (name, words), value in zip(_DISK.items(), values, strict=True):
        yield GaugeMetricFamily(f"bidwitness_{name}", words, value=value)
    clock = None if host is None else host.clock
    in_step = None if clock is None or clock.synchronised is None else int(clock.synchronised)
    words = "1 where the machine keeps its clock in step"
    yield GaugeMetricFamily("bidwitness_clock_synchronised", words, value=in_step)
    until = GaugeMetricFamily(
        "bidwitness_certificate_until_ms", "End of a TLS certificate", labels=["use", "node"]
    )
    for each in () if host is None else host.certificates:
        until.add_metric([each.use, each.name], each.until_ms)
    yield until


class _CodesCollector(Collector):
    """Extraction codes that somebody typed."""

    def __init__(self, codes: Attempted | None) -> None:
        self._codes = codes

    def collect(self) -> Iterator[Metric]:
        """One family; a label for each thing that came of an attempt."""
        typed = CounterMetricFamily(
            "bidwitness_court_code_attempts",
            "Extraction codes that somebody typed, by what came of it",
            labels=["outcome"],
        )
        for outcome, count in ({} if self._codes is None else self._codes.attempts).items():
            typed.add_metric([outcome], count)
        yield typed


def registry_of(
    service: LedgerService, streams: Streams, codes: Attempted | None = None
) -> CollectorRegistry:
    """A registry with the node's facts and its process's, and nothing of other nodes.

    Args:
        service: the node's use cases.
        streams: that are open.
        codes: counts what is typed; None where the node keeps none.
    """
    registry = CollectorRegistry()
    registry.register(_NodeCollector(service, streams))
    registry.register(_CodesCollector(codes))
    ProcessCollector(registry=registry)
    return registry


def exposition(registry: CollectorRegistry) -> bytes:
    """The text that a scraper reads."""
    return generate_latest(registry)
