"""What the browser tests have in common: a site, and people with browsers."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable
from typing import Any

import browser
from fake_server import Fake
from running_server import RunningServer

# A name that is not localhost, so no secure context: as a computer in the local network.
ARGUMENTS = [*browser.ARGUMENTS, "--host-resolver-rules=MAP hub.lan 127.0.0.1"]


def can_drive() -> bool:
    """Does the program that drives the browser start? It is a Node.js of Playwright's own."""
    from playwright._impl._driver import compute_driver_executable

    asked = [compute_driver_executable()[0], "--version"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


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


def address(server: RunningServer) -> str:
    return f"http://127.0.0.1:{server.port}/"


class Person:
    """Somebody with a browser of their own, with words for what people do."""

    def __init__(self, context: Any, url: str) -> None:
        self.context, self.url = context, url
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
        self.page.goto(self.url + place)
        self.ready()
        return self

    def ready(self) -> None:
        """Connected, and the conversation is there."""
        self.until("globalThis.hubbub?.buffer?.loaded && hubbub.connection.online")

    def until(self, expression: str, argument: Any = None, patience: float = 20) -> Any:
        """Wait for a truth in the page. (Playwright's own way needs eval; the CSP forbids it.)"""
        deadline = time.monotonic() + patience
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


People = Callable[..., Person]
