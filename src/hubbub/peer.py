"""The other end of a connection, as far as the connection itself identifies it."""

import asyncio
import ipaddress
from dataclasses import dataclass, field

from .addresses import ip_of, join_host_port

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of a connection: its IP address as text, and facts from TLS.

    IPv4-mapped IPv6 addresses are written as IPv4. `certificate_fingerprint` is the SHA-256 of the
    client's certificate in lower-case hexadecimal, or None without one. `reached` is the address
    that the client connected to, host and port as in a URL, "" if unknown.
    """

    host: str
    port: int
    tls: bool = False
    certificate_fingerprint: str | None = None
    reached: str = field(default="", compare=False)

    @property
    def origin(self) -> str:
        """The server's origin for this client, such as http://192.168.1.5:50000; "" if unknown."""
        if not self.reached:
            return ""
        return f"{'https' if self.tls else 'http'}://{self.reached}"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def peer_of(transport: asyncio.BaseTransport) -> Peer:
    """The peer of a socket; "local" if it has no address (a Unix socket)."""
    name = transport.get_extra_info("peername")
    if isinstance(name, tuple) and len(name) >= 2:
        return Peer(plain_address(name[0]), name[1], reached=_own(transport))
    return Peer("local", 0)


def _own(transport: asyncio.BaseTransport) -> str:
    name = transport.get_extra_info("sockname")
    return in_url(name[0], name[1]) if isinstance(name, tuple) and len(name) >= 2 else ""


def in_url(host: str, port: int) -> str:
    return join_host_port(plain_address(host), port)


def plain_address(host: str) -> str:
    """Normalise an address: IPv4-mapped IPv6 becomes IPv4, a zone is removed."""
    address = ip_of(host.partition("%")[0])
    if address is None:
        return host
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)


def is_in(host: str, networks: tuple[Network, ...]) -> bool:
    """Is the address in one of the networks? A host that is not an IP address is in none."""
    if not networks:
        return False
    address = ip_of(host)
    return address is not None and any(address in network for network in networks)
