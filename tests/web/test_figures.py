"""The benchmark of the web client at small size: limits that do not depend on the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import web
from running_server import RunningServer


def test_the_figures_are_measured_and_the_visit_is_small(browser: Any, tmp_path: Path) -> None:
    with RunningServer(tmp_path, limits__flood_burst=0) as server:
        seen = web.visit(browser, server.port)
        assert 50_000 < seen["bytes"] < web.MOST_BYTES
        assert seen["seen"] > 0
        assert min(seen["keys"], seen["talk"]) > 0  # in this order, unless frames come late
        lines, arrived = web.scrolled(browser, server.port, 400)
        assert arrived, lines
        lines, _ = web.busy(browser, server.port, rate=50, seconds=1)
        print(*lines, sep="\n")
        assert [line.split()[1] for line in lines[1:]] == ["keys:", "clicks:"]
