"""Where a browser is: the addresses from which HTTP was spoken lately.

A browser opens connections before it has a request for each, and on a busy machine the request
follows late; what is greeted meanwhile it takes for a broken answer, and does not ask again. So
where a browser is, silence has to last longer before it is taken for a person with netcat.
"""

from __future__ import annotations

import math
import threading

#: How long after HTTP was spoken a browser is expected there, in seconds.
LATELY = 60.0
MOST = 10_000


class Browsers:
    """For all threads. Times are those of the loops, which count from one beginning."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard: dict[str, float] = {}  # in the order of the times

    def heard(self, host: str, now: float) -> None:
        """HTTP was spoken from there."""
        with self._lock:
            self._heard.pop(host, None)
            self._heard[host] = now
            if len(self._heard) > MOST:
                del self._heard[next(iter(self._heard))]

    def expected(self, host: str, now: float) -> bool:
        return now - self._heard.get(host, -math.inf) < LATELY
