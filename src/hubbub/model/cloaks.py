"""Cloaks: the hosts shown instead of IP addresses.

A cloak consists of keyed hashes of the address and of the two networks around it, so a channel can
ban a network (`*!*@*.k2n4qa.w7mzp3.hidden`) without revealing it. The key is stored in the log;
without it nobody can find the address by trying all of them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from functools import lru_cache

from ..addresses import ip_of

#: Bits of the address hashed into each of the three parts, narrowest network first. An IPv6
#: customer has at least a /64.
_PREFIXES = {4: (32, 24, 16), 6: (64, 48, 32)}
_LENGTHS = (10, 6, 6)  # letters per part, 5 bits each


@lru_cache(maxsize=4096)
def cloak(host: str, key: str) -> str:
    """The host to show for `host`. Loopback addresses are shown as they are: they reveal
    nothing."""
    address = ip_of(host)
    if address is None or address.is_loopback:
        return host
    parts = [
        _hash(ipaddress.ip_network((address, bits), strict=False), key)[:length]
        for bits, length in zip(_PREFIXES[address.version], _LENGTHS, strict=True)
    ]
    return ".".join((*parts, "hidden"))


def _hash(network: ipaddress.IPv4Network | ipaddress.IPv6Network, key: str) -> str:
    digest = hmac.digest(key.encode(), f"cloak {network}".encode(), hashlib.sha256)
    return base64.b32encode(digest).decode().lower()
