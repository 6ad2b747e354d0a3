"""Guarded: a way out that leads to no address by which a receiver's name could harm this machine.

Whoever holds the name of a receiver decides where it leads, and may change that between a look and
a call. So each address is judged where the line to it is opened: public ones are welcome, private
ones only where the operator named their network, and those that mean this link never.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from ssl import SSLContext
from typing import Final, TypeAlias

import httpcore
import httpx

Network: TypeAlias = IPv4Network | IPv6Network
_TRANSLATED: Final = ip_network("64:ff9b::/96")
"""An IPv6 address in which an IPv4 one hides behind the translator of RFC 6052."""


def is_welcome(address: IPv4Address | IPv6Address, private: Sequence[Network]) -> bool:
    """Whether something may be sent to an address.

    Args:
        address: that a name led to.
        private: networks that the operator named.
    """
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    # Metadata services of clouds are on the link, and hand out keys to whoever asks.
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if any(address in each for each in private):
        return True
    return address.is_global and not address.is_reserved and not _hides_another(address)


def _hides_another(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return False
    wrapped = address.sixtofour is not None or address.teredo is not None
    return wrapped or address.is_site_local or address in _TRANSLATED


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over lines to welcome addresses only."""

    def __init__(self, verify: SSLContext | bool, private: Sequence[Network]) -> None:
        """Args:
        verify: whom to believe for HTTPS, as httpx takes it.
        private: networks beside the public ones.
        """
        super().__init__(verify=verify, trust_env=False)
        context = httpx.create_ssl_context(verify=verify, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context, max_connections=1, network_backend=_Backend(private)
        )


class _Backend(httpcore.AnyIOBackend):
    def __init__(self, private: Sequence[Network]) -> None:
        self._private = tuple(private)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A line to the first welcome address of a host that answers."""
        problem: Exception = httpcore.ConnectError("address not allowed")
        for address in await self._welcome(host, port):
            try:
                # The address itself: a second look at the name could lead elsewhere.
                return await super().connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as refused:
                problem = refused
        raise problem

    async def _welcome(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as problem:
            raise httpcore.ConnectError(str(problem)) from problem
        named = dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found)
        return [each for each in named if is_welcome(ip_address(each), self._private)]
