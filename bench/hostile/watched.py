"""Runs the server and measures the delays of its event loops.

    python3 bench/hostile/watched.py LAGS [arguments of hubbub]

In every I/O thread a timer fires every 5 ms; its delay is the time for which something else held up
the loop. On SIGUSR2 the delays since the last signal are written to the file LAGS as JSON: count,
p50, p99 and maximum, in ms.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from hubbub.cli import main
from hubbub.connections.io_thread import IoThread

EVERY = 0.005  # seconds
STEP = 0.0001  # seconds, of the histogram
counts = [0] * 20_000
longest = 0.0


def watch(loop):
    due = 0.0

    def tick():
        nonlocal due
        global longest
        now = time.monotonic()
        late = max(0.0, now - due)
        counts[min(int(late / STEP), len(counts) - 1)] += 1
        longest = max(longest, late)
        due = now + EVERY
        loop.call_later(due - now, tick)

    def begin():
        nonlocal due
        due = time.monotonic()
        tick()

    loop.call_soon(begin)


def write(lags):
    global counts, longest
    seen, counts, worst, longest = counts, [0] * len(counts), longest, 0.0
    told = {"ticks": sum(seen), "p50": at(seen, 0.5), "p99": at(seen, 0.99), "max": worst * 1000}
    lags.with_suffix(".new").write_text(json.dumps(told))
    os.replace(lags.with_suffix(".new"), lags)


def at(seen, part):
    """Milliseconds below which that part of all is."""
    left = sum(seen) * part
    for place, count in enumerate(seen):
        left -= count
        if left <= 0:
            return (place + 1) * STEP * 1000
    return 0.0


def begin():
    lags = Path(sys.argv.pop(1))
    start = IoThread.start

    def watched(thread):
        watch(thread.loop)
        start(thread)

    IoThread.start = watched
    signal.signal(signal.SIGUSR2, lambda number, frame: write(lags))
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(begin())
