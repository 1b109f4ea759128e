"""What happened, as events in one bounded ring.

An event is a dict that JSON can hold. Every event has these keys, besides those of its kind:

    n      its number, counted from 1
    ms     milliseconds since the lab began
    kind   what happened, see EVENTS
    seen   "outside" (the lab did it or saw it) or "inside" (the program's own report)

`conn` is the number of a connection. `data` is at most KEPT bytes as a string with one character a
byte (latin-1), and `size` how many bytes there were.

One thread adds events; any thread reads them. When the ring is full the oldest events go first, and
`dropped` counts them.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

Event = dict[str, Any]

#: Kind -> what it means. `way` is "up" (from the person to the program) or "down".
EVENTS = {
    "program": "the program was started; `command`, `pid`",
    "listening": "the program accepts connections",
    "printed": "the program printed a line; `text`",
    "ended": "the program ended; `code`, or the `signal` that ended it",
    "opened": "a person connected; `conn`, `who`",
    "joined": "a person sent a first line, which is a name; `conn`, `who`",
    "refused": "the program took no connection; `conn`, `why`",
    "arrived": "the lab read bytes; `conn`, `way`, `data`, `size`",
    "passed": "the lab wrote bytes; `conn`, `way`, `data`, `size`, and `left` of what it holds",
    "finished": "a side said that it will send no more; `conn`, `way`",
    "closed": "a connection is over; `conn`, `why`",
    "set": "controls were set; `controls`, and `conn` if for one connection",
    "paused": "the lab passes nothing on",
    "resumed": "the lab passes on again; `why`",
    "waiting": "bytes wait for the next step; `conn`, `way`, `data`, `size`",
    "queues": "bytes in queues of the kernel; `conn`, `queues`: name -> bytes, or null if unknown",
    "call": "the program called a function that can wait; `call`, `conn`, `file`, `line`, `text`",
    "accept": "the program accepted a connection; `conn`",
    "recv": "the program read; `conn`, `asked`, `data`, `size`, `file`, `line`, `text`",
    "send": "the program wrote; `conn`, `asked`, `data`, `size`, `file`, `line`, `text`",
    "missed": "the program did so much that reports were left out; `count`",
    "close": "the program closed a connection; `conn`, `file`, `line`, `text`",
    "changed": "the program's file was written",
    "graded": "the checks of the lesson have passed",
    "go": "the teacher sends everybody to a part of the lesson; `part`",
    "check": "a check of the grader; `id`, `text`",
}
KEPT = 4096  # bytes of data in an event
MOST_EVENTS = 20_000
MOST_BYTES = 16 * 1024 * 1024
MOST_RECORDED = 5_000_000  # bytes in a recording


class Trace:
    """The events of one lab. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._events: deque[tuple[Event, int]] = deque()
        self._bytes = 0
        self._last = 0
        self._news = threading.Condition()

    @property
    def dropped(self) -> int:
        """The number of events that are no longer in the ring."""
        return self._last - len(self._events)

    def add(self, kind: str, seen: str = "outside", /, **facts: Any) -> Event:
        """Add an event. `data` may be bytes."""
        if isinstance(facts.get("data"), bytes):
            facts["size"] = facts.get("size", len(facts["data"]))
            facts["data"] = facts["data"][:KEPT].decode("latin-1")
        with self._news:
            self._last += 1
            now = round((self._clock() - self._began) * 1000, 3)
            event = {"n": self._last, "ms": now, "kind": kind, "seen": seen, **facts}
            self._keep(event)
            self._news.notify_all()
        return event

    def _keep(self, event: Event) -> None:
        size = len(event.get("data", "")) + 200
        self._events.append((event, size))
        self._bytes += size
        while len(self._events) > MOST_EVENTS or self._bytes > MOST_BYTES:
            self._bytes -= self._events.popleft()[1]

    def restore(self, events: Iterable[Event]) -> None:
        """Take over the events of a recording, numbered from 1."""
        with self._news:
            for event in events:
                self._last += 1
                self._keep(event)
            self._news.notify_all()

    def since(self, number: int) -> list[Event]:
        """The events after this number that are still in the ring."""
        with self._news:
            return self._since(number)

    def _since(self, number: int) -> list[Event]:
        fresh = min(self._last - number, len(self._events))
        if fresh <= 0:
            return []
        return [self._events[-back][0] for back in range(fresh, 0, -1)]

    def wait_since(self, number: int, seconds: float) -> list[Event]:
        """The same, but wait for the first one if there is none yet."""
        with self._news:
            self._news.wait_for(lambda: self._last > number, seconds)
            return self._since(number)


def dump(events: Iterable[Event]) -> str:
    """A recording: one JSON object a line, without the end of it that would be too large."""
    lines: list[str] = []
    room = MOST_RECORDED
    for event in events:
        line = json.dumps(event, ensure_ascii=True, separators=(",", ":")) + "\n"
        room -= len(line)
        if room < 0:
            break
        lines.append(line)
    return "".join(lines)


def load(text: str) -> list[Event]:
    """The events of a recording. Raises ValueError with the number of the line that is none."""
    events = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            event = json.loads(line)
            if event["kind"] not in EVENTS or not isinstance(event["ms"], (int, float)):
                raise ValueError
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"line {number} is no event of a recording") from None
        events.append({**event, "n": number})
    return events
