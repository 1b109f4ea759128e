"""HTTP with aiohttp: one application per I/O thread; the routes are in the folder routes/.

aiohttp's server is a protocol factory, so it accepts connections whose first bytes were already
read. The head of the first request was awaited whole (opening.py); aiohttp's keep-alive timeout
closes connections whose later heads are too slow, and HttpConnection those that do not read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from ..connections.io_thread import IoThread
from ..handlers.refusals import Refused
from ..peer import Peer
from ..web.assets import Asset
from .authentication import check_origin
from .http_connection import CONNECTIONS, SITE, THREAD, HttpConnection
from .responses import http_refusal, refusal
from .routes import all_routes
from .routes.pages import error_page
from .site import Site

KEEP_ALIVE_SECONDS = 30.0
BODY_LIMIT = 1024 * 1024  # bytes; a route that accepts more reads its body in pieces
BODY_BUFFER = 64 * 1024  # bytes of a body buffered; aiohttp's default is four times that
SHUTDOWN_SECONDS = 0.5

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""With every answer, unless its handler says something else."""

DOCUMENT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
}
"""Likewise, but not with scripts and styles: they run under the policy of the page that loads them,
and a first visit loads more than thirty of them."""

_PARTS_OF_PAGES = {"text/javascript", "text/css"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

logger = logging.getLogger("hubbub.http")


class HttpServer:
    """aiohttp's server in the running event loop."""

    def __init__(self, site: Site, thread: IoThread, assets: Mapping[str, Asset]) -> None:
        app = web.Application(middlewares=[_refusals], client_max_size=BODY_LIMIT)
        app[SITE] = site
        app[THREAD] = thread
        self._connections: dict[asyncio.Protocol, HttpConnection] = {}
        app[CONNECTIONS] = self._connections
        app.add_routes(all_routes(assets))
        app.on_response_prepare.append(_add_headers)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=logger,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            lingering_time=2.0,
            read_bufsize=BODY_BUFFER,
            shutdown_timeout=SHUTDOWN_SECONDS,
        )

    async def start(self) -> None:
        await self._runner.setup()

    async def close(self) -> None:
        await self._runner.cleanup()
        # aiohttp keeps waiting for the rest of a refused upload.
        lingering = [task for task in asyncio.all_tasks() if _answers(task)]
        for task in lingering:
            task.cancel()
        if lingering:
            await asyncio.wait(lingering, timeout=SHUTDOWN_SECONDS)

    def enter(self, peer: Peer) -> asyncio.Protocol:
        assert self._runner.server is not None
        return HttpConnection(self._runner.server(), peer, self._connections)


def _answers(task: asyncio.Task[object]) -> bool:
    """Is it aiohttp's task for one connection?"""
    return getattr(task.get_coro(), "__qualname__", "") == "RequestHandler.start"


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every refusal into a response of this server."""
    if request.headers.get(hdrs.UPGRADE, "").lower() == "websocket":
        # The first request of a connection would have been dispatched. Browsers open a new
        # connection.
        answer = error_page(request, 426, "A WebSocket needs a connection of its own.")
        answer.headers[hdrs.UPGRADE] = "websocket"
        answer.force_close()
        return answer
    try:
        if request.path.startswith("/api/"):
            check_origin(request)  # before the body is read
        # Raised by its handler, the exception would hold the request, and the request it, so that
        # the connection would stay in memory until the next garbage collection.
        if (no_route := request.match_info.http_exception) is not None:
            return _without_route(request, no_route)
        return await handler(request)
    except Refused as refused:
        return refusal(request, refused)
    except web.HTTPRequestEntityTooLarge:
        return _refused(request, "TOO_LONG", "That is too much at once.")


def _without_route(request: web.Request, why: web.HTTPException) -> web.Response:
    """Respond where there is no route of that path or that method."""
    if not isinstance(why, web.HTTPMethodNotAllowed):
        return _refused(request, "NOT_FOUND", "There is nothing here.")
    allowed = ", ".join(sorted({*why.allowed_methods, "OPTIONS"}))
    if request.method == hdrs.METH_OPTIONS:
        return web.Response(status=204, headers={hdrs.ALLOW: allowed})
    answer = _refused(request, "BAD_METHOD", f"Here only {allowed} are understood.")
    answer.headers[hdrs.ALLOW] = allowed
    return answer


def _refused(request: web.Request, code: str, text: str) -> web.Response:
    """Respond in JSON under /api/, else with a page."""
    refused = Refused(code, text)
    if request.path.startswith("/api/"):
        return refusal(request, refused)
    return error_page(request, http_refusal(request, refused).status, text)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.pop(hdrs.SERVER, None)  # aiohttp's own, which reveals versions
    documents = {} if response.content_type in _PARTS_OF_PAGES else DOCUMENT_HEADERS
    for name, value in {**HEADERS, **documents}.items():
        response.headers.setdefault(name, value)


def _is_ours(record: logging.LogRecord) -> bool:
    """Filter log records: errors of a client are reported to it, and are no errors of the
    server."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


logger.addFilter(_is_ours)
