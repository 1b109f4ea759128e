"""The HTTP service: aiohttp where it is installed, else a small fallback.

Importing aiohttp takes longer than the rest of the start. So a thread imports it while the first
clients connect; HTTP clients that come earlier wait. Each I/O thread then gets its own server,
because aiohttp's servers belong to one event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, cast

from ..web.assets import Asset, load_assets
from ..connections.io_thread import IoThread
from ..peer import Peer
from .fallback import SmallResponder
from .site import Site

if TYPE_CHECKING:
    from .app import HttpServer

logger = logging.getLogger("hubbub")

_PARTS = {
    "hubbub.http.app": "most of the web part",
    "hubbub.connections.websocket": "WebSocket, and so the web client,",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of the imports: the module http.app or None, and the browser client's files."""

    app: ModuleType | None
    assets: Mapping[str, Asset]


class HttpService:
    """Shared by all I/O threads. Call `start` once, and `entrance` for each thread."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._imported: Future[Imported] = Future()

    def start(self) -> None:
        # Not a daemon thread: an interpreter that exits while a thread is in a C extension aborts.
        threading.Thread(target=self._import, name="web").start()

    def _import(self) -> None:
        try:
            self._imported.set_result(Imported(_import("hubbub.http.app"), self._assets()))
        except Exception as error:
            self._imported.set_exception(error)
            raise

    def _assets(self) -> Mapping[str, Asset]:
        """The browser client's files; none without WebSockets, which it needs."""
        return load_assets() if _import("hubbub.connections.websocket") is not None else {}

    def entrance(self, thread: IoThread) -> HttpEntrance:
        return HttpEntrance(self._site, self._imported, thread)


def _import(name: str) -> ModuleType | None:
    """Import one of this package's modules; None if a package that it needs is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        # For debugging; bootstrap.py tells users who start a clone without libraries.
        logger.debug("%s is off: no Python package %s", _PARTS[name], error.name)
        return None


class HttpEntrance:
    """Builds the HTTP protocols of one I/O thread."""

    def __init__(self, site: Site, imported: Future[Imported], thread: IoThread) -> None:
        self._site = site
        self._thread = thread
        self._loop = thread.loop
        self._server: HttpServer | None = None
        self._assets: Mapping[str, Asset] = {}
        self._ready: Future[None] = Future()
        imported.add_done_callback(self._have_imported)

    def enter(self, peer: Peer) -> asyncio.Protocol:
        if not self._ready.done():
            return Waiting(self._ready, lambda: self.enter(peer))
        if self._server is not None:
            return self._server.enter(peer)
        return SmallResponder(self._assets)

    async def close(self) -> None:
        """End the requests in progress."""
        if self._server is not None:
            await self._server.close()

    def _have_imported(self, imported: Future[Imported]) -> None:
        """Called in the importing thread."""
        parts = Imported(None, {}) if imported.exception() else imported.result()
        self._assets = parts.assets
        if parts.app is None:
            self._ready.set_result(None)
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._begin, parts)

    def _begin(self, parts: Imported) -> None:
        self._starting = self._loop.create_task(self._start(parts))

    async def _start(self, parts: Imported) -> None:
        assert parts.app is not None
        server = parts.app.HttpServer(self._site, self._thread, parts.assets)
        await server.start()
        self._server = server
        self._ready.set_result(None)


class Waiting(asyncio.Protocol):
    """Holds a connection until its protocol can be built."""

    def __init__(self, ready: Future[None], build: Callable[[], asyncio.Protocol]) -> None:
        self._ready = ready
        self._build = build
        self._read = bytearray()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.pause_reading()
        loop = asyncio.get_running_loop()

        def from_any_thread(_: Future[None]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._go_on)

        self._ready.add_done_callback(from_any_thread)

    def data_received(self, data: bytes) -> None:
        self._read += data

    def _go_on(self) -> None:
        if self._transport.is_closing():
            return
        protocol = self._build()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        self._transport.resume_reading()
        protocol.data_received(bytes(self._read))
