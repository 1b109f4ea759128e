"""HTTP with the standard library only, for a server without aiohttp.

One response, and the connection closes. If WebSockets are available, it serves the browser client
from its table of files. If not, it explains how to connect without a browser, and how to install
it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import cast

from ..connections.request_head import header_values, short_response
from ..invocation import command_line
from ..web.assets import Asset

HOW_TO_JOIN = """\
This is a Hubbub chat server. Its web part is off. To get it, install two Python packages
(python3 -m pip install aiohttp websockets) and start the server again.

Join from a terminal     nc {host} {port}, then press Enter
or with the client       {client} {host} {port}
or any IRC application   server {host}, port {port}"""

_HEALTH = frozenset(["/healthz", "/livez", "/readyz"])


class SmallResponder(asyncio.Protocol):
    """Responds to the request whose head comes in the first call of data_received."""

    def __init__(self, assets: Mapping[str, Asset] | None = None) -> None:
        self._assets = assets or {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(self._answer(data))
        self._transport.close()

    def _answer(self, request: bytes) -> bytes:
        words = request.lstrip(b"\r\n").partition(b"\n")[0].decode("latin-1").split()
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return short_response("400 Bad Request", "That is no HTTP/1.1 request.")
        method, path = words[0], words[1].partition("?")[0]
        if method not in ("GET", "HEAD"):
            return short_response("405 Method Not Allowed", "Only GET is served here.")
        asset = self._assets.get(path)
        answer = self._page(path) if asset is None else _asset_response(asset, request)
        if method == "HEAD":
            return answer[: answer.index(b"\r\n\r\n") + 4]
        return answer

    def _page(self, path: str) -> bytes:
        if path in _HEALTH:
            return short_response("200 OK", "ok")
        own = self._transport.get_extra_info("sockname")
        host, port = own[:2] if isinstance(own, tuple) else ("localhost", 50000)
        text = HOW_TO_JOIN.format(host=host, port=port, client=command_line("client"))
        return short_response("200 OK" if path == "/" else "404 Not Found", text)


def _asset_response(asset: Asset, request: bytes) -> bytes:
    fields = dict(asset.headers, ETag=asset.etag, Vary="Accept-Encoding", Connection="close")
    if asset.etag in ",".join(header_values(request, b"if-none-match")):
        return _response("304 Not Modified", fields, b"")
    fields["Content-Type"] = asset.content_type
    body = asset.body
    if asset.gzipped is not None and "gzip" in ",".join(header_values(request, b"accept-encoding")):
        fields["Content-Encoding"] = "gzip"
        body = asset.gzipped
    return _response("200 OK", {**fields, "Content-Length": str(len(body))}, body)


def _response(status: str, fields: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
