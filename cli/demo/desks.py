"""The members of the story at their desks; each key is opened when its owner first acts."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Self

from cli.compose.network_init import NewNetwork
from cli.desk import Desk
from cli.settings import client_settings


class Desks(Mapping[str, Desk]):
    """Desks by member id; use it as a context, which closes their connections."""

    def __init__(self, network: NewNetwork, members: tuple[str, ...]) -> None:
        """`members`: everybody who may act."""
        self._network = network
        self._members = members
        self._open: dict[str, Desk] = {}
        self._readers: dict[str, Desk] = {}
        self._held = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def __getitem__(self, member: str) -> Desk:
        if member not in self._members:
            raise KeyError(member)
        if member not in self._open:
            self._open[member] = self.another(member)
        return self._open[member]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def reader(self, member: str) -> Desk:
        """A desk at which a member proves who it is, to be shown what is not public."""
        if member not in self._readers:
            desk = self.another(member)
            desk.client.read_as(desk.member_id, desk.signer)
            self._readers[member] = desk
        return self._readers[member]

    def another(self, member: str) -> Desk:
        """A second desk of a member, with connections of its own."""
        folder = self._network.member_folder(member)
        return self._held.enter_context(Desk.open(client_settings(folder)))
