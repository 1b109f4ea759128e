"""A client stops reading while 100 MB are sent to its channel: are the others affected?

    python3 bench/slow_reader.py                 four runs of 100 MB (two to three minutes)
    python3 bench/slow_reader.py --megabytes 10  a quick test

Six clients of bench/load.c send to one channel at a fixed rate and measure the latency of every
message. A seventh member only receives: in every other run it reads, in the others it never does.
One line per run gives the latencies of the six, the fate of the seventh, and the memory of the
server. The runs alternate, so that external noise affects both kinds alike. It needs Linux and a C
compiler.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from run import HOST, Cpus
from servers import Running, compiled, known, started

RATE = 8000  # messages a second
TEXT = 400  # bytes; with its head a line of some 440
MEMBERS = 6


@contextmanager
def seventh(port: int, *, reads: bool) -> Iterator[socket.socket]:
    """One more member of the channel, which reads what comes, or nothing at all."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        listener.connect((HOST, port))
        listener.sendall(b"NICK seventh\r\nUSER s 0 * :s\r\nJOIN #c00000\r\n")
        heard = b""
        while b" 366 " not in heard:
            heard += listener.recv(65536)
        if reads:
            threading.Thread(target=_read, args=(listener,), daemon=True).start()
        yield listener
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # which ends the thread


def _read(listener: socket.socket) -> None:
    while data := listener.recv(1 << 20):
        if data.startswith(b"PING"):
            listener.sendall(b"PONG :x\r\n")


def ends(listener: socket.socket) -> bool:
    """Reads what the kernel still has for it: does the connection end there?"""
    listener.settimeout(5)
    try:
        listener.sendall(b"PING still\r\n")
        while data := listener.recv(1 << 20):
            if b"still" in data:
                return False
    except ConnectionError:
        pass
    return True


def resident(running: Running) -> int:
    """Bytes."""
    pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in running.pids())
    return sum(pages) * os.sysconf("SC_PAGESIZE")


def run(generator: Path, seconds: float, *, reads: bool) -> float:
    """One run; prints its line. The p99 of the six, in ms."""
    cpus = Cpus.divided(1)
    hubbub = known()["hubbub"]
    with (
        tempfile.TemporaryDirectory(prefix="bench-slow-") as name,
        started(hubbub, Path(name), cpus.server, ()) as running,
        seventh(running.port, reads=reads) as listener,
    ):
        before = most = resident(running)
        settings = [f"host={HOST}", f"port={running.port}", f"pids={running.pids()[0]}"]
        settings += [f"members={MEMBERS}", f"senders={MEMBERS - 1}", "window=0", f"text={TEXT}"]
        settings += [f"rate={RATE}", f"milliseconds={int(seconds * 1000)}"]
        process = subprocess.Popen(
            [str(generator), *settings],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus.generator),
        )
        while process.poll() is None:
            most = max(most, resident(running))
            time.sleep(0.1)
        assert process.stdout is not None
        seen = json.loads(process.stdout.read())["open"]
        cut = not reads and ends(listener)
    fate = "was cut off" if cut else "stayed"
    whole = "all there, in order" if seen["complete"] and not seen["wrong"] else "NOT WHOLE"
    megabytes = seen["messages"] * (TEXT + 40) / 1e6
    print(
        f"the seventh {'reads:   ' if reads else 'does not:'} {megabytes:.0f} MB to the channel;"
        f" the others' p50 {seen['p50_ms']:.2f} ms, p99 {seen['p99_ms']:.2f} ms,"
        f" max {seen['max_ms']:.1f} ms, {whole};"
        f" the seventh {fate}; memory +{(most - before) / 1e6:.1f} MB",
        flush=True,
    )
    return float(seen["p99_ms"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=100, help="a run (default: 100)")
    parser.add_argument("--rounds", type=int, default=2, help="of two runs each (default: 2)")
    asked = parser.parse_args()
    seconds = asked.megabytes * 1e6 / (RATE * (TEXT + 40))
    with tempfile.TemporaryDirectory(prefix="bench-slow-") as name:
        generator = compiled("load.c", Path(name))
        both = [
            (run(generator, seconds, reads=True), run(generator, seconds, reads=False))
            for _ in range(asked.rounds)
        ]
    ratio = statistics.median(slow / calm for calm, slow in both)
    print(f"others' p99 while it does not read, over p99 while it does: {ratio:.2f}")


if __name__ == "__main__":
    sys.exit(main())
