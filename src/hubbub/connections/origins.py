"""Decide which web pages may connect to this server. No I/O.

A browser lets any page of the web open a WebSocket to any server, including servers on the user's
own machine. The Origin field names the page, and the server has to check it (RFC 6455 section
10.2). Allowed are pages of this host and port, pages that the operator lists, and programs other
than browsers (no Origin).

"This host" means the Host field, which a page can forge by DNS rebinding: it resolves its own name
to 127.0.0.1. So on an address that strangers cannot reach, a name is accepted only if no stranger
can own it.
"""

import ipaddress
import re
from collections.abc import Iterable

_ORIGIN = re.compile(r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")
_PORTS = {"http": "80", "https": "443"}
# Names that public name servers never resolve (RFC 6761, 6762, 8375, ICANN's .internal), or that
# have no dot.
_LOCAL_NAME = re.compile(r"[^.]+|.*\.(?:localhost|local|lan|home|home\.arpa|internal)")


class Origins:
    """The operator's list of origins such as `https://chat.example.org`; `*` allows all."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(origin.rstrip("/").lower() for origin in allowed)

    def refusal(self, origin: str | None, host: str, local_address: str, tls: bool) -> str | None:
        """Return why a page of `origin` may not connect, or None.

        `host` is the Host field of its request, `local_address` the server's address of the
        connection. With `tls` the certificate has proven the name.
        """
        if origin is None or "*" in self._allowed or origin in self._allowed:
            return None
        page = _ORIGIN.fullmatch(origin)
        if page is None:
            return "Pages of that origin may not connect here."
        scheme, name, port = page.groups()
        if _with_port(_HOST.fullmatch(host), scheme) != (name, port or _PORTS[scheme]):
            return f"Pages of {origin} may not connect here; web.origins can let them."
        if not tls and not _is_ours(name, local_address):
            return f"{origin} may not be this server's name; web.origins can say that it is."
        return None

    def host_refusal(self, host: str, local_address: str, tls: bool) -> str | None:
        """Return why a request with this `host` may not read private data, or None.

        The page that sent it may have pointed its own name at the server's address.
        """
        name = _HOST.fullmatch(host)
        if name and (tls or _is_ours(name[1].lower(), local_address)):
            return None
        if name and not self._allowed.isdisjoint((f"http://{host}", f"https://{host}")):
            return None
        return f"{host!r} may not be this server's name; web.origins can say that it is."


def _with_port(host: re.Match[str] | None, scheme: str) -> tuple[str, str] | None:
    return (host[1].lower(), host[2] or _PORTS[scheme]) if host else None


def _is_ours(name: str, local_address: str) -> bool:
    if name.startswith("[") or _is_address(name) or _LOCAL_NAME.fullmatch(name):
        return True
    try:
        return ipaddress.ip_address(local_address.partition("%")[0]).is_global
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True
