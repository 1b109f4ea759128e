"""Remember addresses that a browser connected from in the last day.

A browser opens spare connections and sends its first request on them much later. If the server
sends anything before that, the browser takes it for an invalid response and the page fails. A spare
connection cannot be told from a silent person with netcat, so the server goes by the address.

The time is a day because a page stays open for hours, and because browsers open connections to
yesterday's sites while a person is still typing the address.
"""

from __future__ import annotations

import math
import threading

from .limits import customer

LATELY = 24 * 3600.0  # seconds
MOST = 10_000


class Browsers:
    """Addresses with a browser. Thread-safe; times are event loop times (seconds, monotonic).

    IPv6 addresses count by their /64, because a machine changes the rest itself. If there are too
    many, the address whose last request is oldest is forgotten first.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard: dict[str, float] = {}  # address -> time of its last request, oldest first

    def heard(self, host: str, now: float) -> None:
        """Record a browser's request from `host`."""
        place = customer(host)
        with self._lock:
            self._heard.pop(place, None)
            self._heard[place] = now
            if len(self._heard) > MOST:
                del self._heard[next(iter(self._heard))]

    def expected(self, host: str, now: float) -> bool:
        """May a silent client from `host` be a browser?"""
        return now - self._heard.get(customer(host), -math.inf) < LATELY
