"""A signal may arrive at any moment, even while the interrupted thread holds a lock."""

import subprocess
import sys

import pytest
from running_server import PATIENCE, environment

# A signal at each call and return inside `wait`, one server after the other.
SCRIPT = """
import signal, sys
from hubbub import config
from hubbub.log.memory import MemoryLog
from hubbub.serve import Server

def at(moment):
    count = 0

    def step(frame, event, argument):
        nonlocal count
        count += 1
        if count == moment:
            sys.setprofile(None)
            signal.raise_signal(signal.SIGTERM)

    return step

def on_signal(number, frame):
    server.request_reload()
    server.request_stop()

signal.signal(signal.SIGTERM, on_signal)
for moment in range(1, 12):
    server = Server(config.load({"threads": "1"}), MemoryLog())
    sys.setprofile(at(moment))
    server.wait()
    sys.setprofile(None)
    print(moment, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot signal itself there")
def test_a_signal_at_any_moment_is_heard(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.stdout.split()[-1:] == ["11"], done.stderr
