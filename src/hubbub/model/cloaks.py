"""Hosts that hide addresses: what others see behind a nick in place of an IP address.

A cloak is made of keyed hashes of the address and of the two networks around it, so that a channel
can keep out a network (`*!*@*.k2n4qa.w7mzp3.hidden`) without knowing which. The key is kept with
the log: without it nobody can try all addresses.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from functools import lru_cache

from ..addresses import ip_of

#: Bits that stay of an address in the three parts, the narrowest first. One person with IPv6 has
#: a /64 at least.
_PREFIXES = {4: (32, 24, 16), 6: (64, 48, 32)}
_LENGTHS = (10, 6, 6)  # letters of 5 bits each


@lru_cache(maxsize=4096)
def cloak(host: str, key: str) -> str:
    """What others see of `host`. Loopback is shown: it tells nothing."""
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
