"""Connects to song hosts: each name is resolved once, and only public addresses are used.

Names that lead to this machine, its network or a cloud's metadata service are rejected before
anything is sent. Because the checked address itself is used, a second DNS answer cannot bypass the
check (DNS rebinding).
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import httpx

from server.errors import SongUnusable

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port -> the host's addresses, best first; raises OSError if there are none."""

OWN_NAME: Final = "localhost"
NAT64: Final = ip_network("64:ff9b::/96")
"""IPv4 addresses in IPv6-only networks; the embedded address is what counts."""
NOT_PUBLIC: Final = tuple(
    map(ip_network, ("fec0::/10", "64:ff9b:1::/48", "3fff::/20", "5f00::/16"))
)
"""Not public either, although Python 3.11 considers them so."""


async def resolve(host: str, port: int) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class PublicAddresses(httpx.AsyncBaseTransport):
    """Sends an `https://` request to a checked address of its host; TLS still verifies the name.

    Other listed origins (`http://`, IP addresses, localhost) are intended by the operator and
    passed on unchanged. `network` makes the connections. The default opens one per request, so that
    no two names share one.
    """

    def __init__(self, resolve: Resolve, network: httpx.AsyncBaseTransport | None) -> None:
        self._resolve = resolve
        self._network = network or httpx.AsyncHTTPTransport(
            limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; raise SongUnusable if any of the host's addresses is not public."""
        host = request.url.host
        if request.url.scheme != "https" or host == OWN_NAME or _is_address(host):
            return await self._network.handle_async_request(request)
        *others, last = await self._find_addresses(host, request.url.port or 443)
        for address in others:
            try:
                return await self._send(request, address)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._send(request, last)

    async def aclose(self) -> None:
        await self._network.aclose()

    async def _find_addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = await self._resolve(host, port)
        except OSError as error:
            raise httpx.ConnectError(f"{host} has no address: {error}") from error
        for address in addresses:
            if not _is_public(address):
                raise SongUnusable(f"{host} leads to {address}, which is not public")
        return addresses

    async def _send(self, request: httpx.Request, address: str) -> httpx.Response:
        checked = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )
        return await self._network.handle_async_request(checked)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_public(address: str) -> bool:
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner = IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else ip.sixtofour
        if inner is not None:
            return _is_public(str(inner))
        if any(ip in network for network in NOT_PUBLIC):
            return False
    return ip.is_global and not ip.is_multicast
