"""The browser client's files as a fixed table, so request paths never become file paths.

All files are read once at the start from the package (which may be a zip file). A request either
matches an entry of the table or gets 404. Each file has its ETag, and a compressed form if that is
smaller.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

# Only files of this server are allowed, nothing inline and nothing external. 'self' includes the
# WebSocket: browsers take ws: for the same origin.
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
        # Revalidate each time, so that a new version is used at the next reload.
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
    """One file, with headers and encodings ready to send."""

    content_type: str
    body: bytes
    etag: str
    """Quoted, as in the header. The same for both forms, so it is a weak one (RFC 9110, 8.8)."""
    gzipped: bytes | None
    """The body compressed with gzip, or None where that would not be smaller."""
    headers: Mapping[str, str] = field(default_factory=lambda: HEADERS)
    """What else to say with it; not its type, tag and length."""


def load_assets(page: str = "/index.html") -> Mapping[str, Asset]:
    """All assets by URL path: `/` for the page, `/style.css`, `/js/main.js`, ..."""
    table = {path: _asset(path, body) for path, body in _read(files(__package__), "/")}
    table["/"] = table[page]
    return MappingProxyType({path: it for path, it in table.items() if not path.endswith(".html")})


def _read(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _read(entry, f"{prefix}{entry.name}/")
        elif _suffix(entry.name) in _TYPES:
            yield prefix + entry.name, entry.read_bytes()


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]


def _asset(path: str, body: bytes) -> Asset:
    digest = hashlib.sha256(body).hexdigest()[:12]
    gzipped = gzip.compress(body, 9, mtime=0)
    return Asset(
        content_type=_TYPES[_suffix(path)],
        body=body,
        etag=f'W/"{digest}"',
        gzipped=gzipped if len(gzipped) < len(body) else None,
        headers=DOCUMENT_HEADERS if path.endswith((".html", "/sw.js")) else HEADERS,
    )
