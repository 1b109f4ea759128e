"""The web client's files, and small pages: how to connect, errors.

The files come from a table built at the start, so request paths never become file paths. Without
the web client, `/` is the page that explains how to connect.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import hdrs, web

from ...handlers.sessions.invite_links import OVER
from ...invocation import command_line
from ...model.invites import find
from ...web.assets import Asset
from ..http_connection import client_of, site_of

Handler = Callable[[web.Request], Awaitable[web.Response]]


_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:3rem auto;padding:0 1rem}"
    "code{font-size:1.05em}dt{margin-top:1em}dd{margin:0}"
    "@media(prefers-color-scheme:dark){body{background:#181a1b;color:#e8e6e3}}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'"
_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{style}</style>
<h1>{title}</h1>
{body}
"""


def page(title: str, body: str, status: int = 200) -> web.Response:
    """A small page; `body` is HTML."""
    text = _PAGE.format(title=html.escape(title), style=_STYLE, body=body)
    return web.Response(
        status=status,
        text=text,
        content_type="text/html",
        headers={"Content-Security-Policy": _POLICY},
    )


def error_page(request: web.Request, status: int, sentence: str) -> web.Response:
    """An error response: a page for browsers, a line for programs."""
    if "text/html" not in request.headers.get("Accept", ""):
        return web.Response(status=status, text=f"{sentence}\n")
    body = f'<p>{html.escape(sentence)}</p>\n<p><a href="/">To the chat</a></p>'
    return page(HTTPStatus(status).phrase, body, status)


async def join(request: web.Request) -> web.Response:
    """Explain how to connect without a browser."""
    host, port = _our_address(request)
    return page(
        "Hubbub",
        f"""\
<p>A chat server is running here. Join with what you have:
<dl>
<dt>Terminal <dd><code>{command_line("client")} {host} {port}</code>
<dt>netcat <dd><code>nc {host} {port}</code>, then press Enter
<dt>Any IRC application <dd>server <code>{host}</code>, port <code>{port}</code>, TLS or not
</dl>""",
    )


def _our_address(request: web.Request) -> tuple[str, str]:
    """Host and port by which the browser reached the server, if the Host header is valid."""
    name = re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::([0-9]{1,5}))?", request.host)
    own = request.transport.get_extra_info("sockname") if request.transport else None
    port = str(own[1]) if isinstance(own, tuple) else "50000"
    if name is None:
        return "this-server", port
    return name[1].strip("[]"), name[2] or ("443" if client_of(request).tls else "80")


def _sender_of(asset: Asset) -> Handler:
    async def send(request: web.Request) -> web.Response:
        headers = {**asset.headers, "ETag": asset.etag, "Vary": "Accept-Encoding"}
        if has_it(request, asset.etag):
            return web.Response(status=304, headers=headers)
        headers["Content-Type"] = asset.content_type
        if asset.gzipped is not None and _takes_gzip(request.headers.get("Accept-Encoding", "")):
            headers["Content-Encoding"] = "gzip"
            return web.Response(body=asset.gzipped, headers=headers)
        return web.Response(body=asset.body, headers=headers)

    return send


def has_it(request: web.Request, etag: str) -> bool:
    """Does If-None-Match contain the ETag? Weak comparison (RFC 9110 sections 8.8.3.2, 13.1.2)."""
    if_none_match = request.headers.get(hdrs.IF_NONE_MATCH, "")
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags


def _takes_gzip(accepted: str) -> bool:
    for coding in accepted.lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _invitation(send: Handler) -> Handler:
    """An invitation link: the page, or an error if the link is invalid."""

    async def invitation(request: web.Request) -> web.Response:
        hub = site_of(request).hub
        with hub.lock:
            network = hub.network
            invite = find(network.invites, network.secret, request.match_info["word"])
        if invite is None:
            return error_page(request, 404, OVER)
        return await send(request)

    return invitation


def routes(assets: Mapping[str, Asset]) -> list[web.RouteDef]:
    """One route per file, and the page for every other path."""
    files = [web.get(path, _sender_of(asset)) for path, asset in assets.items()]
    page = _sender_of(assets["/"]) if "/" in assets else join
    return [
        *files,
        web.get("/join" if "/" in assets else "/", join),
        web.get("/invite/{word}", _invitation(page)),
        web.get("/admin", page),
        web.get("/admin/{word}", page),
    ]
