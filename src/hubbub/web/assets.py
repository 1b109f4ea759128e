"""The browser client's files as a fixed table: nothing a browser asks for ever becomes a path.

All files are read once, at the start, from the package itself (so also from a zip file). A
request is looked up in the table or it is not found. Each file comes with its ETag, and
compressed where that is smaller.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

# Everything comes from this server, as files; nothing inline, nothing from anywhere else.
# 'self' covers the WebSocket too, the browser knowing ws: as this origin's.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types hubbub",
    ]
)

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        # Ask each time and be told "not modified": a new version is there at the next reload.
        "Cache-Control": "no-cache",
    }
)
"""Headers that go with every asset."""

DOCUMENT_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        **HEADERS,
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
)
"""Headers that go with what a browser runs by itself: the page and the service worker."""

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    content_type: str
    body: bytes
    etag: str
    """Quoted, as in the header. The same for both forms, so it is a weak one (RFC 9110, 8.8)."""
    gzipped: bytes | None
    """The body compressed with gzip, or None where that would not be smaller."""
    headers: Mapping[str, str] = field(default_factory=lambda: HEADERS)
    """What else to say with it; not its type, tag and length."""


def load_assets() -> Mapping[str, Asset]:
    """All assets by the path of their URL: `/`, `/style.css`, `/js/main.js`, ..."""
    table = {path: _asset(path, body) for path, body in _read(files(__package__), "/")}
    table["/"] = table.pop("/index.html")
    return MappingProxyType(table)


def _read(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _read(entry, f"{prefix}{entry.name}/")
        elif _suffix(entry.name) in _TYPES:
            yield prefix + entry.name, entry.read_bytes()


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]


def _asset(path: str, body: bytes) -> Asset:
    digest = hashlib.sha256(body).hexdigest()[:20]
    gzipped = gzip.compress(body, 9, mtime=0)
    return Asset(
        content_type=_TYPES[_suffix(path)],
        body=body,
        etag=f'W/"{digest}"',
        gzipped=gzipped if len(gzipped) < len(body) else None,
        headers=DOCUMENT_HEADERS if path in ("/index.html", "/sw.js") else HEADERS,
    )
