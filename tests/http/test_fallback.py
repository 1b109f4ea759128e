"""The browser client served with the standard library only."""

from __future__ import annotations

import gzip
from typing import Any

from hubbub.http.fallback import SmallResponder
from hubbub.web.assets import load_assets

ASSETS = load_assets()


class Wire:
    def __init__(self) -> None:
        self.sent = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        self.sent += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str) -> Any:
        return ("127.0.0.1", 50000)


def ask(request: str, assets: Any = ASSETS) -> tuple[str, dict[str, str], bytes]:
    responder, wire = SmallResponder(assets), Wire()
    responder.connection_made(wire)  # type: ignore[arg-type]
    responder.data_received(request.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    head, _, body = wire.sent.partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").split("\r\n")
    assert wire.closed
    return status[9:12], dict(field.split(": ", 1) for field in fields), body


def test_the_page_comes_with_its_policy() -> None:
    status, fields, body = ask("GET / HTTP/1.1")
    assert (status, body) == ("200", ASSETS["/"].body)
    assert "default-src 'none'" in fields["Content-Security-Policy"]
    assert fields["X-Content-Type-Options"] == "nosniff"
    assert int(fields["Content-Length"]) == len(body)


def test_compressed_for_who_can_read_it() -> None:
    _, fields, body = ask("GET /js/main.js HTTP/1.1\nAccept-Encoding: br, gzip")
    assert fields["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == ASSETS["/js/main.js"].body


def test_what_is_known_already_is_not_sent_again() -> None:
    etag = ASSETS["/style.css"].etag
    status, fields, body = ask(f"GET /style.css HTTP/1.1\nIf-None-Match: {etag}")
    assert (status, body, fields["ETag"]) == ("304", b"", etag)


def test_a_path_is_looked_up_and_never_opened() -> None:
    for path in [
        "/index.html",
        "/assets.py",
        "/js/",
        "/../pyproject.toml",
        "/js/../style.css",
        "//",
    ]:
        assert ask(f"GET {path} HTTP/1.1")[0] == "404", path


def test_a_head_has_no_body_and_other_methods_are_refused() -> None:
    status, fields, body = ask("HEAD / HTTP/1.1")
    assert (status, body) == ("200", b"")
    assert int(fields["Content-Length"]) == len(ASSETS["/"].body)
    assert ask("POST / HTTP/1.1")[0] == "405"


def test_without_the_web_part_it_says_how_to_join() -> None:
    _, _, body = ask("GET / HTTP/1.1", {})
    assert b"nc 127.0.0.1 50000" in body
