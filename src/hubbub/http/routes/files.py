"""Uploads to /files, downloads from /files/<id>/..., thumbnails from /thumbnails/<id>.

Uploads follow the specification "filehost" (ISUPPORT draft/FILEHOST, soju.im/FILEHOST): POST the
content, get 201 and the link as Location. `curl -T NAME .../files/` (a PUT) does the same. A link
is /files/<id>[/<width>x<height>]/<name>; only the id matters, the rest is for readers.

Files cannot attack the server's origin: a short list of types is shown, all others are downloads;
types are not guessed (nosniff), scripts do not run (CSP sandbox).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from ...connections.request_head import is_host
from ...events.kinds import FileRemoved
from ...files import file_names, media_types
from ...files.store import is_id
from ...files.upload_service import Upload, Uploader, UploadService
from ...handlers.accounts.authority import FILEHOST, Asker
from ...handlers.command_table import Step
from ...handlers.context import Context
from ...handlers.messages.attachments import PATH, may_read
from ...handlers.refusals import Refused
from ...model.uploads import File
from ...session import Session
from ..authentication import check_origin
from ..http_connection import client_of, site_of
from ..questions import ask, who_asks
from ..responses import http_refusal
from .pages import error_page, has_it

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PIECE = 256 * 1024  # bytes per disk access
SILENT_SECONDS = 30.0  # without a byte of an upload; then it is aborted
LONGEST_SECONDS = 3600.0

#: Forbids all content and scripts. The browser's own viewer for pictures and films needs the three
#: exceptions.
_POLICY = (
    "; default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
#: Headers of every file.
GUARD = {
    "Content-Security-Policy": f"sandbox{_POLICY}",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


def _service(request: web.Request) -> UploadService:
    service = site_of(request).files
    if service is None or not site_of(request).hub.settings.files.enabled:
        raise Refused("NO_FILES", "This server takes no files")
    return service


async def _in_pool(service: UploadService, do: Callable[[], T]) -> T:
    return await _in(service.pool, do)


async def _in(pool: Executor, do: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, do)


# -- uploading -----------------------------------------------------------------------------


async def options(request: web.Request) -> web.Response:
    """The accepted types (specification "filehost"), and whether a page of another origin may
    upload."""
    service = _service(request)
    types = service.hub.settings.files.types or ("*/*",)
    limits = service.hub.settings.files
    headers: dict[str, str] = {
        hdrs.ALLOW: "OPTIONS, POST",
        "Accept-Post": ", ".join(types),
        "Upload-Limit": f"max-size={limits.size}",  # draft-ietf-httpbis-resumable-upload
        "Hubbub-File-Access": limits.access,
    }
    if hdrs.ORIGIN in request.headers:
        check_origin(request)
        headers |= _to_page(request) | {
            "Access-Control-Allow-Methods": "POST, PUT",
            "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Disposition",
            "Access-Control-Max-Age": "600",
        }
    return web.Response(status=204, headers=headers)


def _to_page(request: web.Request) -> dict[str, str]:
    """Headers that let a page of an allowed origin read the response."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Location",
        hdrs.VARY: hdrs.ORIGIN,
    }


async def upload(request: web.Request) -> web.Response:
    service = _service(request)
    asker = await who_asks(request, FILEHOST)
    name = request.match_info.get("name") or file_names.from_disposition(
        request.headers.get(hdrs.CONTENT_DISPOSITION, "")
    )
    said = request.headers.get(hdrs.CONTENT_TYPE, "")
    owner = Uploader(asker.account, asker.user.id, client_of(request).host)
    coming = service.upload(owner, name, said, request.content_length)
    try:
        await _receive(service, coming, request)
    finally:
        # Also if the client is gone, or the server ends.
        await asyncio.shield(_in_pool(service, coming.drop))
    assert coming.event is not None
    with service.hub.lock:
        file = service.hub.network.files.by_id.get(coming.event.file)
    if file is None:
        raise Refused("GONE", "It was removed at once")
    link = _own_address(request) + path_of(file)
    return web.Response(
        status=201, text=f"{link}\n", headers={hdrs.LOCATION: link, **_to_page(request)}
    )


async def _receive(service: UploadService, coming: Upload, request: web.Request) -> None:
    await _in_pool(service, coming.begin)
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            async for piece in _pieces(request):
                await _in_pool(service, partial(coming.write, piece))
    except TimeoutError:
        raise Refused("TOO_SLOW", "That upload came too slowly") from None
    pool: Executor | None = coming.look()
    while pool is not None:
        pool = await _in(pool, coming.finish)
    await _recorded(coming)


async def _pieces(request: web.Request) -> AsyncIterator[bytes]:
    """The body in pieces large enough to pass to another thread."""
    gathered = bytearray()
    while not request.content.at_eof():
        async with asyncio.timeout(SILENT_SECONDS):
            gathered += await request.content.readany()
        if len(gathered) >= PIECE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


async def _recorded(coming: Upload) -> None:
    """Wait until the log has the upload."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def kept() -> None:
        loop.call_soon_threadsafe(_settle, done)

    coming.record(kept)
    await asyncio.shield(done)


def _settle(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


def path_of(file: File) -> str:
    """The link without the server's address."""
    size = f"/{file.width}x{file.height}" if file.width else ""
    return f"{PATH}/{file.id}{size}/{file_names.in_link(file.name)}"


def _own_address(request: web.Request) -> str:
    """The server's address for everybody: the one in the request, unless that is only this
    machine."""
    site = site_of(request)
    if site.hub.settings.web.address:
        return site.hub.settings.web.address.rstrip("/")
    home = site.hub.context.home
    if not is_host(request.host):
        return home
    if _is_loopback(request.host) and home and not _is_loopback(urlsplit(home).netloc):
        return home
    return f"{'https' if client_of(request).tls else 'http'}://{request.host}"


def _is_loopback(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    return name in ("localhost", "::1") or re.fullmatch(r"127(\.\d+){3}", name) is not None


async def take_back(request: web.Request) -> web.Response:
    """DELETE: remove an own file that no message links."""
    service, id = _service(request), request.match_info["id"]

    def question(context: Context, session: Session, asker: Asker) -> Generator[Step, Any, bool]:
        file = context.network.files.by_id.get(id)
        if file is None or file.message is not None:
            return False
        if not may_read(context.network, asker.user, file):
            return False
        yield FileRemoved(id, file.entries, "not wanted")
        return True

    if not await ask(request, question, service=FILEHOST):
        raise Refused("NOT_FOUND", "There is no such file of yours")
    await _in_pool(service, partial(service.remove, id))
    return web.Response(status=204, headers=_to_page(request))


# -- reading ---------------------------------------------------------------------------------


def _page(handler: Handler) -> Handler:
    """Turn refusals into pages, for people who followed a link."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refused as refused:
            told = http_refusal(request, refused)
            answer = error_page(request, told.status, told.text)
            answer.headers.update(told.headers)
            if told.status == 401 and request.headers.get("Sec-Fetch-Mode") == "navigate":
                # The link was opened from another program: the browser may ask for the password. It
                # sends it again only to these paths, where reading changes nothing and foreign
                # pages may not read.
                answer.headers[hdrs.WWW_AUTHENTICATE] = 'Basic realm="Files", charset="UTF-8"'
            return answer

    return handle


@_page
async def read(request: web.Request) -> web.StreamResponse:
    return await _read(request)


async def _read(request: web.Request) -> web.StreamResponse:
    service = _service(request)
    file = await _find(service, request)
    kind = "inline" if media_types.is_shown(file.type) else "attachment"
    type = "text/plain; charset=utf-8" if file.type == media_types.TEXT else file.type
    headers: dict[str, str] = {
        hdrs.CONTENT_TYPE: type,
        hdrs.CONTENT_DISPOSITION: file_names.disposition(kind, file.name),
        hdrs.ETAG: f'"{file.id}"',
    }
    if file.type.startswith(("audio/", "video/")):
        # The browser's page around a film counts as another page. Scripts still do not run.
        headers["Content-Security-Policy"] = f"sandbox allow-same-origin{_POLICY}"
    return await _send(service, request, service.store.path(file.id), file.size, headers)


@_page
async def thumbnail(request: web.Request) -> web.StreamResponse:
    """The thumbnail, or the picture itself if that is small."""
    service = _service(request)
    file = await _find(service, request)
    if file.type not in media_types.SHOWN_PICTURES:
        raise Refused("NOT_FOUND", "That is no picture")
    if not file.thumbnail:
        return await _read(request)
    headers: dict[str, str] = {hdrs.CONTENT_TYPE: "image/webp", hdrs.ETAG: f'"{file.id}.small"'}
    path = service.store.small_path(file.id)
    return await _send(service, request, path, file.thumbnail, headers)


async def _find(service: UploadService, request: web.Request) -> File:
    """Raises Refused, with the same text whether the file does not exist or is not accessible."""
    id = request.match_info["id"]
    file = service.file(id) if is_id(id) else None
    if service.hub.settings.files.access == "members":
        allowed = await ask(request, partial(_allowed, id=id), service=FILEHOST)
        file = file if allowed else None
    if file is None:
        raise Refused("NOT_FOUND", "There is no such file, or not any more")
    return file


def _allowed(context: Context, session: Session, asker: Asker, *, id: str) -> bool:
    file = context.network.files.by_id.get(id)
    return file is not None and may_read(context.network, asker.user, file)


class Part(NamedTuple):
    """A range of a file: first byte, number of bytes."""

    start: int
    length: int


def part_wanted(field: str, size: int) -> Part | None:
    """Parse a Range header (RFC 9110 section 14.2) with one part; None means the whole file. Raises
    ValueError if it lies outside."""
    found = re.fullmatch(r"bytes=\s*(\d*)-(\d*)\s*", field)
    if found is None or found[0] == "bytes=-" or len(field) > 50:
        return None  # several parts, or not understood: the whole file is always right
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        if length == 0:
            raise ValueError
        return Part(size - length, length)
    start, end = int(first), min(int(last or size - 1), size - 1)
    if start >= size:
        raise ValueError
    return Part(start, end - start + 1) if start <= end else None


async def _send(
    service: UploadService, request: web.Request, path: Path, size: int, headers: dict[str, str]
) -> web.StreamResponse:
    members = service.hub.settings.files.access == "members"
    # Revalidate each time, as it may be deleted with its message; unchanged files are not sent
    # again.
    cache = "no-store" if members else "private, no-cache"
    headers = {**GUARD, **headers, hdrs.CACHE_CONTROL: cache, hdrs.ACCEPT_RANGES: "bytes"}
    if has_it(request, headers[hdrs.ETAG]):
        return web.Response(status=304, headers=headers)
    part, status = Part(0, size), 200
    field = request.headers.get(hdrs.RANGE)
    if field and request.headers.get(hdrs.IF_RANGE, headers[hdrs.ETAG]) == headers[hdrs.ETAG]:
        try:
            wanted = part_wanted(field, size)
        except ValueError:
            del headers[hdrs.CONTENT_TYPE]
            headers[hdrs.CONTENT_RANGE] = f"bytes */{size}"
            return web.Response(status=416, headers=headers)
        if wanted is not None:
            part, status = wanted, 206
            headers[hdrs.CONTENT_RANGE] = (
                f"bytes {part.start}-{part.start + part.length - 1}/{size}"
            )
    try:
        content = await _in_pool(service, lambda: path.open("rb"))
    except OSError:
        raise Refused("NOT_FOUND", "There is no such file, or not any more") from None
    with content:
        answer = web.StreamResponse(status=status, headers=headers)
        answer.content_length = part.length
        await answer.prepare(request)
        if request.method != hdrs.METH_HEAD:
            async for piece in _read_out(service, content, part):
                await answer.write(piece)
        await answer.write_eof()
    return answer


async def _read_out(service: UploadService, content: BinaryIO, part: Part) -> AsyncIterator[bytes]:
    await _in_pool(service, partial(content.seek, part.start))
    left = part.length
    while left:
        piece = await _in_pool(service, partial(content.read, min(left, PIECE)))
        if not piece:
            raise ConnectionResetError("the file is shorter than it was")
        yield piece
        left -= len(piece)


ROUTES = [
    web.options(PATH, options),
    web.post(PATH, upload),
    web.put(PATH + "/{name}", upload),
    web.post(PATH + "/", upload),
    web.get(PATH + "/{id}", read),
    web.get(PATH + "/{id}/{rest:.*}", read),
    web.delete(PATH + "/{id}", take_back),
    web.delete(PATH + "/{id}/{rest:.*}", take_back),
    web.get("/thumbnails/{id}", thumbnail),
]
