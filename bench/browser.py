"""A real Chromium and a chatting bystander, for the programs that measure the web client."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import time
from collections.abc import Iterator
from typing import Any

PATIENCE = 100.0
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")

#: No sandbox (containers run as root), no calls home.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class NoBrowser(Exception):
    """What is missing, in a clause."""


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A Chromium that Playwright drives. Each context made of it is a browser of its own."""
    if CHROMIUM is None:
        raise NoBrowser("there is no Chromium (apt install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise NoBrowser("there is no Playwright (pip install playwright)") from None
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS, timeout=PATIENCE * 1000
        )
        try:
            yield browser
        finally:
            browser.close()


def opened(context: Any) -> Any:
    """A new page of a context, or of a browser, that is as patient as we are."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    return page


def until(page: Any, expression: str, argument: Any = None, patience: float = PATIENCE) -> Any:
    """Wait for a truth in the page. (Playwright's own way needs eval, which the policy forbids.)"""
    deadline = time.monotonic() + patience
    while not (found := page.evaluate(expression, argument)):
        if time.monotonic() > deadline:
            raise TimeoutError(expression)
        page.wait_for_timeout(10)
    return found


READY = "globalThis.hubbub?.buffer?.loaded && hubbub.connection.online"


class Talker:
    """A raw IRC client in one channel."""

    def __init__(self, port: int, nick: str, channel: str) -> None:
        self.channel = channel
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.read = b""
        self.sends(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        self.until(b" 422 ", b" 376 ")
        self.sends(f"JOIN {channel}")
        self.until(b" 366 ")

    def sends(self, *lines: str) -> None:
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def until(self, *parts: bytes) -> None:
        while not any(part in self.read for part in parts):
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError(f"the server hung up: {self.read[-300:]!r}")
            self.read = self.read[-200:] + data
        self.read = b""

    def says(self, *texts: str) -> None:
        """All of it is stored when this returns."""
        self.sends(*(f"PRIVMSG {self.channel} :{text}" for text in texts), "PING :stored")
        self.until(b"PONG")

    def close(self) -> None:
        self.socket.close()
