"""A `File` in memory that loses what was not synced, and can die at any call."""

from dataclasses import dataclass, field


class Crash(Exception):
    """The process ends here; only the disk stays."""


@dataclass
class MemoryFile:
    """Satisfies `consensus.append_file.File`."""

    name: str = "memory"
    durable: bytes = b""
    written: bytes = b""
    """After `durable`, not synced yet."""
    dies_at: int | None = None
    """The how-manieth call dies; before it has done anything."""
    calls: list[str] = field(default_factory=list)

    def read(self) -> bytes:
        return self.durable + self.written

    def append(self, data: bytes) -> None:
        self._call("append")
        self.written += data

    def sync(self) -> None:
        self._call("sync")
        self.durable += self.written
        self.written = b""

    def replace(self, data: bytes) -> None:
        self._call("replace")
        self.durable, self.written = data, b""

    def after_crash(self, kept_bytes: int = 0) -> "MemoryFile":
        """What a restart finds: of the unsynced bytes only the first `kept_bytes`."""
        return MemoryFile(self.name, self.durable + self.written[:kept_bytes])

    def _call(self, what: str) -> None:
        if self.dies_at == len(self.calls):
            raise Crash(what)
        self.calls.append(what)
