"""Parse and check addresses and ports as people type them, for all programs.

A host is an IPv4 address, an IPv6 address (also in brackets, also with a zone) or a name. A string
that resembles an IPv4 address (`300.1.1.1`, `127.1`) is refused instead of resolved as a name,
because the resolver would take seconds for a less clear error.
"""

import ipaddress
import re
import socket
from functools import lru_cache
from typing import NamedTuple, TypeAlias
from urllib.parse import unquote, urlsplit

from .errors import UsageError

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")


@lru_cache(maxsize=4096)
def ip_of(host: str) -> IpAddress | None:
    """Parse an IP address; None if `host` is not one. Cached, because each check of a new
    connection parses its address again."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def parse_host(text: str) -> str:
    """The host in the form that sockets expect. Raises UsageError with one clear sentence."""
    host = text.strip()
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not host:
        raise UsageError("the address is empty")
    if ip_of(host) is not None:
        return host
    if ":" in host:
        raise UsageError(f"{text} is not an IPv6 address")
    last_label = host.rstrip(".").rpartition(".")[2]
    if last_label.isdigit():
        raise UsageError(f"{text} is not an IPv4 address: it has four numbers from 0 to 255")
    if not is_host_name(host):
        raise UsageError(f"{text!r} is neither an address nor a host name")
    return host


def is_host_name(text: str) -> bool:
    """Is the text a valid host name (RFC 1123 section 2.1), ASCII or not?"""
    try:
        ascii_name = text.encode("idna").decode("ascii")
    except UnicodeError:
        return False
    labels = ascii_name.rstrip(".").split(".")
    return len(ascii_name) <= 253 and all(_LABEL.fullmatch(label) for label in labels)


def parse_port(text: str) -> int:
    """A port from 1 to 65535. Raises UsageError."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise UsageError(f"{text!r} is not a port: a port is a number from 1 to 65535")
    port = int(text)
    if not 1 <= port <= 65535:
        raise UsageError(f"port {port} does not exist: a port is a number from 1 to 65535")
    return port


def join_host_port(host: str, port: int) -> str:
    """Format host and port: `127.0.0.1:50000`, `[::1]:50000`."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class ServerLink(NamedTuple):
    """A parsed link to a server: host and port, TLS or not, the channel, and the word of an
    invitation."""

    host: str
    port: int
    tls: bool
    channel: str = ""
    word: str = ""


def parse_link(text: str) -> ServerLink:
    """Parse `http://192.168.1.20:50000/invite/4a-kX...#tea`. Raises UsageError."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise UsageError(f"{text} is no link to a server") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{text} is no link to a server: one begins with http:// or https://")
    secure = parts.scheme == "https"
    folder, _, word = parts.path.strip("/").partition("/")
    channel = unquote(parts.fragment.partition("/")[0])
    return ServerLink(
        parse_host(parts.hostname),
        port if port is not None else 443 if secure else 80,
        secure,
        f"#{channel}" if channel and channel[0] != "@" else "",
        word if folder == "invite" else "",
    )


def lan_address() -> str | None:
    """This machine's address in its network, or None. Sends no packet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1: chooses the outgoing interface
            return str(probe.getsockname()[0])
        except OSError:
            return None
