"""RequestMetrics: how many requests a node answers, by route and status, and how soon.

Labels are the paths of routes, never what was asked: their number is fixed.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_BUCKETS_S: Final = (0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60)
"""From a record's look-up to the longest wait for a receipt."""


class RequestMetrics:
    """The counts of one application."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.open = Gauge(
            "bidwitness_http_requests_open", "Requests that are being answered", registry=registry
        )
        self._requests = Counter(
            "bidwitness_http_requests",
            "Requests that were answered or cut off",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "bidwitness_http_answer_seconds",
            "From a request's head to the beginning of its answer",
            ("route",),
            buckets=_BUCKETS_S,
            registry=registry,
        )

    def answered(self, route: str, seconds: float) -> None:
        """An answer begins."""
        self._seconds.labels(route).observe(seconds)

    def count(self, method: str, route: str, status: int) -> None:
        """A request has ended."""
        self._requests.labels(method, route, str(status)).inc()
