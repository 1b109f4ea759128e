"""A site to look at and a browser to look with."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_server import Fake

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")

# No sandbox (CI runs as root), no calls home.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Site:
    """A running server: its address, and its inside for tests that need to reach there."""

    def __init__(self, fake: Fake, loop: asyncio.AbstractEventLoop) -> None:
        self.fake, self.loop = fake, loop
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run something inside the server's loop and wait for what it gives."""

        async def run() -> Any:
            result = function(*arguments)
            return await result if asyncio.iscoroutine(result) else result

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(10)


@pytest.fixture
def site() -> Iterator[Site]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    found = Site(Fake(), loop)

    async def start(port: int) -> Any:
        return await found.fake.serve(port)

    server = asyncio.run_coroutine_threadsafe(start(0), loop).result(10)
    found.port = server.sockets[0].getsockname()[1]
    yield found

    async def stop() -> None:
        server.close()
        await server.wait_closed()

    asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install it")
    if CHROMIUM is None:
        pytest.skip("no Chromium: the browser client was NOT tested end to end")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Person:
    """Somebody with a browser of their own, with words for what people do."""

    def __init__(self, context: Any, site: Site) -> None:
        self.context, self.site = context, site
        self.page = context.new_page()
        self.page.set_default_timeout(8_000)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._console)

    def _console(self, message: Any) -> None:
        offline = "WebSocket connection to" in message.text or "ERR_" in message.text
        if message.type == "error" and not offline:
            self.errors.append(message.text)

    def open(self, place: str = "#lobby") -> Person:
        self.page.goto(self.site.url + place)
        self.ready()
        return self

    def ready(self) -> None:
        """Connected, and the conversation is there."""
        self.until("globalThis.hubbub?.buffer?.loaded && hubbub.connection.online")

    def until(self, expression: str, argument: Any = None) -> Any:
        """Wait for a truth in the page. (Playwright's own way needs eval; the CSP forbids it.)"""
        deadline = time.monotonic() + 8
        while not (found := self.page.evaluate(expression, argument)):
            if time.monotonic() > deadline:
                raise TimeoutError(expression)
            self.page.wait_for_timeout(20)
        return found

    def type(self, text: str) -> None:
        self.page.locator("textarea").fill(text)

    def say(self, text: str) -> None:
        self.type(text)
        self.page.keyboard.press("Enter")

    def sees(self, text: str) -> None:
        self.page.locator(".message:not(.pending) .text", has_text=text).first.wait_for()

    def texts(self) -> list[str]:
        return [str(text) for text in self.page.locator(".message .text").all_inner_texts()]

    @property
    def nick(self) -> str:
        return str(self.page.evaluate("hubbub.state.me.nick"))


@pytest.fixture
def person(browser: Any, site: Site) -> Iterator[Callable[..., Person]]:
    """Make people; at the end, none of their pages may have had an error."""
    people: list[Person] = []

    def make(place: str | None = "#lobby", **context: Any) -> Person:
        made = Person(browser.new_context(**{"locale": "en-GB", **context}), site)
        people.append(made)
        return made.open(place) if place is not None else made

    yield make
    for each in people:
        each.context.close()
    assert [error for each in people for error in each.errors] == []
