"""Server bans of addresses, masks and accounts, until a time or until lifted."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from ..addresses import ip_of
from ..events.kinds import BanSet
from ..protocol.names import fold
from .masks import folded_matches

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Ban(NamedTuple):
    kind: str  # "address", "mask" or "account"
    mask: str
    reason: str
    by: str
    time: int  # ms since 1970
    until: int | None


class Suspect(NamedTuple):
    """A connecting client, with everything that a ban may match."""

    address: str
    sources: tuple[str, ...]  # nick!user@host, with the shown and with the real host
    account: str | None


class Bans:
    """Server bans by kind and folded mask."""

    def __init__(self) -> None:
        self._bans: dict[tuple[str, str], Ban] = {}

    def set(self, event: BanSet, time: int) -> None:
        self.forget_ended(time)
        by = event.source.partition("!")[0]
        ban = Ban(event.kind, event.mask, event.reason, by, time, event.until)
        self._bans[ban.kind, fold(ban.mask)] = ban

    def lift(self, kind: str, mask: str) -> None:
        self._bans.pop((kind, fold(mask)), None)

    def forget_ended(self, now: int) -> None:
        ended = [key for key, ban in self._bans.items() if not _holds(ban, now)]
        for key in ended:
            del self._bans[key]

    def get(self, kind: str, mask: str) -> Ban | None:
        return self._bans.get((kind, fold(mask)))

    def all(self, now: int) -> Iterator[Ban]:
        """The bans in force at `now` (ms since 1970)."""
        return (ban for ban in self._bans.values() if _holds(ban, now))

    def against(self, suspect: Suspect, now: int) -> Ban | None:
        """The ban that matches `suspect`, or None."""
        if not self._bans:
            return None
        return next((ban for ban in self.all(now) if is_meant(ban, suspect)), None)

    def snapshot(self) -> list[Any]:
        return [list(ban) for _, ban in sorted(self._bans.items())]


def _holds(ban: Ban, now: int) -> bool:
    return ban.until is None or ban.until > now


def is_meant(ban: Ban, suspect: Suspect) -> bool:
    if ban.kind == "address":
        network, address = _network(ban.mask), ip_of(suspect.address)
        return network is not None and address is not None and address in network
    mask = fold(ban.mask)
    if ban.kind == "account":
        return suspect.account is not None and folded_matches(mask, fold(suspect.account))
    return any(folded_matches(mask, fold(source)) for source in suspect.sources)


@lru_cache(maxsize=1024)
def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def network_of(text: str) -> str | None:
    """An address or network in canonical form, or None if `text` is neither."""
    network = _network(text)
    if network is None:
        return None
    return str(network) if network.num_addresses > 1 else str(network.network_address)
