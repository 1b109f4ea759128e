"""Browsers open spare connections, and send their first request on them much later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM
from browsing import ARGUMENTS, People, address
from running_server import PATIENCE, RunningServer, Wire

GREETING = "What is your name?"
# Without credentials: no request of the page has opened one of these.
RESERVE = """() => document.head.append(Object.assign(
  document.createElement("link"),
  { rel: "preconnect", href: location.origin, crossOrigin: "anonymous" },
))"""
USE = """async () => {
  const answer = await fetch("/readyz", { credentials: "omit", cache: "no-store" });
  const text = await answer.text();
  const timing = () => performance.getEntriesByName(answer.url)[0];
  while (!timing()) await new Promise((later) => setTimeout(later));
  return [text, timing().connectEnd - timing().connectStart];
}"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with RunningServer(
        tmp_path, limits__greeting_seconds=0.3, proxy__trusted="127.0.0.1"
    ) as running:
        yield running


def from_another_address(server: RunningServer) -> Wire:
    wire = server.connect()
    wire.sends("PROXY TCP4 192.0.2.7 192.0.2.1 4711 50000")
    return wire


@pytest.fixture
def page(browser: Any, tmp_path: Path, server: RunningServer) -> Iterator[Any]:
    """Of a browser with a profile on disk, as people have: others keep nothing in reserve."""
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile",
        executable_path=CHROMIUM,
        args=ARGUMENTS,
        bypass_csp=True,  # a page that loads nothing may ask for nothing either
        timeout=PATIENCE * 1000,
    )
    made = context.new_page()
    made.goto(f"{address(server)}livez")
    yield made
    context.close()


def test_a_connection_in_reserve_is_not_greeted(page: Any, server: RunningServer) -> None:
    page.evaluate(RESERVE)
    for _ in range(6):  # each after a silence of its own
        from_another_address(server).until(GREETING)
    text, connecting = page.evaluate(USE)
    assert text == "ok\n"
    assert connecting == 0  # the one in reserve was used


def test_beside_a_browser_a_person_is_greeted_after_enter(
    person: People, server: RunningServer
) -> None:
    anna = person("#lobby", url=address(server))
    netcat = server.connect()
    for _ in range(6):
        from_another_address(server).until(GREETING)
    netcat.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        netcat.socket.recv(1)
    netcat.socket.settimeout(PATIENCE)
    netcat.sends("")
    netcat.until(GREETING)
    netcat.sends("Nora", "from netcat")
    anna.sees("from netcat")
