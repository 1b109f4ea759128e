"""Fixtures: a site and a browser."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM
from browsing import ARGUMENTS, Person, Site, can_drive
from fake_server import Fake
from running_server import PATIENCE, RunningServer


@pytest.fixture
def site() -> Iterator[Site]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    found = Site(Fake(), loop)

    async def start(port: int) -> Any:
        return await found.fake.serve(port)

    server = asyncio.run_coroutine_threadsafe(start(0), loop).result(PATIENCE)
    found.port = server.sockets[0].getsockname()[1]
    yield found

    async def stop() -> None:
        server.close()
        await server.wait_closed()

    asyncio.run_coroutine_threadsafe(stop(), loop).result(PATIENCE)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE)
    loop.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install it")
    if CHROMIUM is None:
        pytest.skip("no Chromium: the browser client was NOT tested end to end")
    if not can_drive():
        pytest.skip("Playwright cannot run here: apt-get install libatomic1")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS, timeout=PATIENCE * 1000
        )
        yield chromium
        chromium.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    """The real one, in a process of its own."""
    with RunningServer(tmp_path) as running:
        yield running


@pytest.fixture
def person(browser: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Person]]:
    """Make people; at the end, none of their pages may have had an error."""
    people: list[Person] = []

    def make(place: str | None = "#lobby", url: str | None = None, **context: Any) -> Person:
        where = url or request.getfixturevalue("site").url
        made = Person(browser.new_context(**{"locale": "en-GB", **context}), where)
        people.append(made)
        return made.open(place) if place is not None else made

    yield make
    for each in people:
        each.context.close()
    assert [error for each in people for error in each.errors] == []
