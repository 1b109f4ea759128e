"""Upload a file to the server: one POST (the specification "filehost"), with progress. Blocks, so
it runs in a thread; independent of chat."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urljoin, urlsplit

from hubbub.client.connection import other_fingerprint, tls_context
from hubbub.client.errors import ClientError

PIECE = 64 * 1024
SECONDS = 60.0

#: Called with the bytes sent and the total.
Progress = Callable[[int, int], None]


class UploadError(ClientError):
    """The upload failed; the text says why."""


@dataclass(slots=True)
class UploadPlace:
    """Where and with which token to upload. `fingerprint`: the only certificate to accept."""

    url: str
    token: str
    fingerprint: str = ""
    cancelled: Callable[[], bool] = field(default=lambda: False)


def upload(place: UploadPlace, path: Path, progress: Progress = lambda sent, size: None) -> str:
    """Upload a file and return its link. Raises UploadError."""
    try:
        with path.open("rb") as file:
            return _post(place, path, file, progress)
    except OSError as error:
        raise UploadError(f"{path.name} was not sent: {error.strerror or error}") from error
    except http.client.HTTPException as error:
        raise UploadError(f"{path.name} was not sent: the server answers strangely") from error


def _post(place: UploadPlace, path: Path, file: BinaryIO, progress: Progress) -> str:
    size = path.stat().st_size
    connection = _connect(place)
    try:
        headers = {
            "Authorization": f"Bearer {place.token}",
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(path.name, safe='')}",
            "Content-Length": str(size),
        }
        body = _pieces(file, size, place, progress)
        # The server may have answered before it had everything.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", urlsplit(place.url).path, body, headers)
        answer = connection.getresponse()
        text = answer.read(4096).decode(errors="replace")
        link = answer.getheader("Location")
        if answer.status != 201 or not link:
            raise UploadError(f"{path.name} was not sent: {_reason(answer, text)}")
        return urljoin(place.url, link)
    finally:
        connection.close()


def _connect(place: UploadPlace) -> http.client.HTTPConnection:
    url = urlsplit(place.url)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise UploadError("the server names no place to upload to that this program knows")
    if url.scheme == "http":
        return http.client.HTTPConnection(url.hostname, url.port, timeout=SECONDS)
    connection = http.client.HTTPSConnection(
        url.hostname, url.port, timeout=SECONDS, context=tls_context(place.fingerprint)
    )
    connection.connect()
    if place.fingerprint and other_fingerprint(connection.sock, place.fingerprint) is not None:
        connection.close()
        raise UploadError("the certificate there is another one")
    return connection


def _pieces(file: BinaryIO, size: int, place: UploadPlace, progress: Progress) -> Iterator[bytes]:
    sent = 0
    while sent < size and (piece := file.read(min(PIECE, size - sent))):
        if place.cancelled():
            raise UploadError("cancelled")
        yield piece
        sent += len(piece)
        progress(sent, size)


def _reason(answer: http.client.HTTPResponse, text: str) -> str:
    try:
        return str(json.loads(text)["error"]["text"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.status} {answer.reason}"
