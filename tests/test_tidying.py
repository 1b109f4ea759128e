"""A server that nobody talks to ends by itself what ends by the clock."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from running_server import PATIENCE
from server_here import running

from hubbub import serve


def test_a_waiting_server_tidies_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "TIDY_SECONDS", 0.01)
    with running(tmp_path) as server:
        times, twice = [0], threading.Event()

        def tidy() -> None:
            times[0] += 1
            if times[0] == 2:
                twice.set()

        monkeypatch.setattr(server.hub, "tidy", tidy)
        main = threading.Thread(target=server.wait)
        main.start()
        assert twice.wait(PATIENCE)
        server.request_stop()
        main.join(PATIENCE)
        assert not main.is_alive()
