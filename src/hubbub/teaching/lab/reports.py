"""What the program reports from the inside (`inside.py`), as events of the trace."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Mapping
from typing import Any

from .proxy import Proxy

LONGEST = 64 * 1024  # bytes of one report
#: What a report may contain, and the type of each.
_FACTS: Mapping[str, tuple[type, ...]] = {
    "call": (str,),
    "peer": (int, type(None)),
    "asked": (int,),
    "size": (int,),
    "count": (int,),
    "data": (str,),
    "file": (str,),
    "line": (int,),
    "text": (str,),
    "via": (str, type(None)),
    "thread": (str,),
}
_KINDS = {"call", "accept", "recv", "send", "close", "missed"}


class Reports:
    """Takes the connection of one program, which knows the secret."""

    def __init__(self, proxy: Proxy, secret: str) -> None:
        self._proxy = proxy
        self._secret = secret.encode()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, for asyncio.start_server."""
        try:
            if hmac.compare_digest((await reader.readline()).strip(), self._secret):
                while line := await reader.readline():
                    self._add(line)
        except (OSError, ValueError):
            pass  # it is over, or it is not our file that reports
        finally:
            writer.close()

    def _add(self, line: bytes) -> None:
        report = json.loads(line)
        kind = report.pop("kind")
        if kind not in _KINDS:
            raise ValueError(kind)
        facts = {name: value for name, value in report.items() if _fits(name, value)}
        connection = self._proxy.numbered(facts.pop("peer", None))
        which = {} if connection is None else {"conn": connection}
        self._proxy.trace.add(kind, "inside", **which, **facts)


def _fits(name: str, value: Any) -> bool:
    return name in _FACTS and type(value) in _FACTS[name]
