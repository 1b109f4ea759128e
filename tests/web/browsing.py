"""Shared by the browser tests: a site, and users with browsers."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable
from typing import Any

import browser
from fake_server import Fake
from running_server import PATIENCE, RunningServer

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

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(PATIENCE)


def address(server: RunningServer) -> str:
    return f"http://127.0.0.1:{server.port}/"


# What was told for a moment stays here: [class, text] of each toast.
TOLD = """globalThis.told = [];
new MutationObserver((changes) => {
  for (const { addedNodes } of changes)
    for (const each of addedNodes)
      if (each.classList?.contains("toast")) told.push([each.className, each.textContent]);
}).observe(document, { childList: true, subtree: true });"""


class Person:
    """Somebody with a browser of their own, with words for what people do."""

    def __init__(self, context: Any, url: str) -> None:
        self.context, self.url = context, url
        context.add_init_script(TOLD)
        context.set_default_timeout(PATIENCE * 1000)
        self.page = context.new_page()
        self.errors: list[str] = []
        self.refused: tuple[int, ...] = ()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._console)

    def _console(self, message: Any) -> None:
        # The last is said of the service worker.
        away = ("WebSocket connection to", "ERR_", "when fetching the script")
        offline = any(words in message.text for words in away)
        awaited = any(f"status of {status} " in message.text for status in self.refused)
        if message.type == "error" and not offline and not awaited:
            self.errors.append(message.text)

    def is_refused(self, *statuses: int) -> None:
        """A browser says of itself what was answered so: that is no error here."""
        self.refused += statuses

    def open(self, place: str = "#lobby") -> Person:
        self.page.goto(self.url + place)
        self.ready()
        return self

    def ready(self) -> None:
        """Connected, and the conversation is there and drawn."""
        self.until("globalThis.hubbub?.buffer?.loaded && hubbub.connection.online")
        self.drawn()

    def drawn(self) -> None:
        """All that has changed so far can be seen."""
        self.until("!hubbub.frame")

    def told(self, text: str, kind: str = "") -> None:
        """Told for a moment, now or before."""
        said = "([kind, text]) => told.some(([k, t]) => k.includes(kind) && t.includes(text))"
        self.until(said, [kind, text])

    def waits_to_be_asked(self) -> None:
        """Without a connection the page does not try any more by itself: it would be back at a
        moment of its own."""
        self.until(
            """(() => {
              if (hubbub.connection.status.phase !== "waiting") return false;
              clearTimeout(hubbub.connection.retryTimer);
              return true;
            })()"""
        )

    def reached(self) -> None:
        """The server has done all that this page asked for so far."""
        self.until("hubbub.connection.ask({ command: 'PING', params: ['reached'] })")

    def until(self, expression: str, argument: Any = None) -> Any:
        """Wait for a truth in the page. (Playwright's own way needs eval; the CSP forbids it.)"""
        deadline = time.monotonic() + PATIENCE
        while not (found := self.page.evaluate(expression, argument)):
            if time.monotonic() > deadline:
                raise TimeoutError(expression)
            self.page.wait_for_timeout(20)
        return found

    def type(self, text: str) -> None:
        self.drawn()  # another conversation brings its draft into the box
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
