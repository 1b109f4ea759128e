"""The type of a file is detected by its bytes, whatever its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.files.media_types import BEGINNING, DOWNLOAD, TEXT, is_shown, is_taken, kind_of

SCRIPT = b"<script>alert(1)</script>"

KINDS = {
    "png": (b"\x89PNG\r\n\x1a\n" + SCRIPT, "image/png"),
    "jpeg": (b"\xff\xd8\xff\xe0" + SCRIPT, "image/jpeg"),
    "gif": (b"GIF89a" + SCRIPT, "image/gif"),
    "webp": (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    "wav": (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
    "avi": (b"RIFF\0\0\0\0AVI LIST", DOWNLOAD),
    "mp4": (b"\0\0\0\x20ftypisom", "video/mp4"),
    "m4a": (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
    "avif": (b"\0\0\0\x20ftypavif", "image/avif"),
    "heic": (b"\0\0\0\x20ftypheic", DOWNLOAD),
    "webm": (b"\x1aE\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
    "mp3": (b"ID3\x03\0", "audio/mpeg"),
    "flac": (b"fLaC\0\0", "audio/flac"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', TEXT),
    "html": (b"<!doctype html>" + SCRIPT, TEXT),
    "xml": (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', TEXT),
    "pdf": (b"%PDF-1.7\n\0", DOWNLOAD),
    "zip": (b"PK\x03\x04", DOWNLOAD),
    "program": (b"\x7fELF\x02\x01\x01\0", DOWNLOAD),
    "swf": (b"CWS\x0a\0", DOWNLOAD),
    "utf-16": ("<script>".encode("utf-16"), DOWNLOAD),
    "utf-7": (b"+ADw-script+AD4-", TEXT),
    "latin-1": (b"caf\xe9", DOWNLOAD),
    "text": ("Grüße\n".encode(), TEXT),
}


@pytest.mark.parametrize(("content", "kind"), KINDS.values(), ids=KINDS)
def test_by_its_first_bytes(content: bytes, kind: str) -> None:
    assert kind_of(content) == kind
    assert kind_of(content, "text/html") == kind
    assert kind_of(content, "image/svg+xml") == kind


@given(st.binary(max_size=200), st.sampled_from(["", "text/html", "image/svg+xml", "video/ogg"]))
def test_nothing_that_runs_is_ever_shown(content: bytes, said: str) -> None:
    kind = kind_of(content, said)
    assert kind not in ("text/html", "image/svg+xml", "application/xhtml+xml", "application/pdf")
    if is_shown(kind):
        assert kind.partition("/")[0] in ("image", "audio", "video") or kind == TEXT


def test_a_character_that_is_cut_in_two_is_still_text() -> None:
    assert kind_of(("x" + "ä" * BEGINNING).encode()[:BEGINNING]) == TEXT


@pytest.mark.parametrize(
    ("kind", "said", "types", "taken"),
    [
        ("image/png", "", (), True),
        ("image/png", "application/zip", ("image/*",), True),
        (DOWNLOAD, "image/png", ("image/*",), True),
        (DOWNLOAD, "application/zip", ("image/*",), False),
        (TEXT, "text/csv", ("text/*",), True),
        ("video/mp4", "image/png", ("image/*",), False),
        (DOWNLOAD, "", ("application/octet-stream",), True),
    ],
)
def test_what_a_server_takes(kind: str, said: str, types: tuple[str, ...], taken: bool) -> None:
    assert is_taken(kind, said, types) is taken
