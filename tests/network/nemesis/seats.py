"""The committee changes while all this goes on: keys are renewed, a node joins, and leaves again."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.network import aftermath
from tests.network.nemesis.world import NEWCOMER, World
from tests.network.operators import admitted, told
from tests.network.real_network import MEMBERS

_LONG_S: Final = 150


@dataclass
class Seats:
    """What operators do, each deed a command of `bidwitness`, tried again where a fault was faster."""

    world: World
    say: Callable[[str], None]
    changed: list[tuple[str, float]] = field(default_factory=list)
    """Each change that was made, and when."""

    async def story(self, seconds: float) -> None:
        """One change after the other, spread over so much time."""
        acts = (self._renew, self._join, self._leave)
        for act in acts:
            await asyncio.sleep(seconds / (len(acts) + 1))
            await act()

    async def admit(self) -> None:
        """The newcomer's member is admitted to run a node, before anything goes wrong."""
        network = self.world.network
        quorum = self.founders[: network.trust.committee.q]
        await asyncio.to_thread(admitted, network, NEWCOMER[0], quorum)

    @property
    def founders(self) -> list[str]:
        """The organisations whose nodes were there at the start; a quorum of them approves."""
        return [name for name in self.world.nodes if name != NEWCOMER[0]]

    async def _renew(self) -> None:
        """The first node renews all its keys."""
        member, keys = MEMBERS[0], ("node", "log", "tls")
        folder = self.world.nodes[member].folder
        named = [word for key in keys for word in ("--key", key)]
        secret = ("--cost", "interactive", "--passphrase-file", self._passphrase)
        request = await self._told(member, "network", "rotate", folder, *named, *secret)
        await self._change(
            f"{member} renews its keys", ("propose", request["request"]), ("--folder", folder)
        )
        end = time.monotonic() + _LONG_S
        while not aftermath.keys_are_renewed(self.world.nodes[member], keys):
            assert time.monotonic() < end, f"{member} keeps its old keys"
            await asyncio.sleep(0.5)

    async def _join(self) -> None:
        """A node comes, by an address that leads to a proxy."""
        name, world = NEWCOMER[0], self.world
        folder, invitation = world.folder / f"{name}-node", world.folder / f"{name}.invitation.json"
        inviter = world.nodes[MEMBERS[1]]
        await self._told(inviter.node_id, "network", "invite", inviter.folder, "--out", invitation)
        door = await world.door(name)
        made = await self._told(
            name,
            *("network", "join", folder, "--invitation", invitation),
            *("--node-id", name, "--member", name),
            *("--consensus", str(door), "--api", world.places[name].api),
            *("--cost", "interactive", "--store-passphrase"),
            *("--passphrase-file", self._passphrase),
        )
        await world.welcome(name, folder)
        await self._change(f"{name} joins", ("propose", made["request"]), ("--folder", folder))

    async def _leave(self) -> None:
        """And goes: its process ends by itself."""
        name = NEWCOMER[0]
        self.world.leaving.add(name)
        await self._change(f"{name} leaves", ("leave", name), ())
        await self.world.gone(name, _LONG_S)

    @property
    def _passphrase(self) -> Path:
        return self.world.folder / "passphrase"

    async def _change(
        self, what: str, proposal: tuple[str, ...], more: tuple[str | Path, ...]
    ) -> None:
        """Propose it, approve it, make it."""
        by = [member for member in self.founders if member not in what]
        made = await self._told(by[0], "network", *proposal)
        for member in by[1:]:
            try:
                said = await self._told(member, "network", "approve", made["proposal"])
            except AssertionError as problem:
                # Its first try went in although a fault took the answer away.
                if "record.confirmation" not in str(problem):
                    raise
                continue
            if len(said["approved_by"]) >= said["needed"]:
                break
        change = ("network", "change", made["proposal"], *more, "--wait", "600")
        ended = await self._told(by[0], *change)
        self.changed.append((what, time.monotonic()))
        self.say(f"epoch {ended['epoch']}: {what}; n {ended['n']}, q {ended['q']}")

    async def _told(self, who: str, *words: str | Path) -> Any:
        return await told(self.world.network, who, *words, say=self.say)
