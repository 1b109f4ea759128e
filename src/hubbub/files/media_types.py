"""Detect the type of a file by its first bytes; names and declared types are not trusted.

A short list of types may be shown by browsers. All others are downloads only: pages, drawings (SVG)
and documents can contain scripts, whatever their name.
"""

from __future__ import annotations

import codecs

#: Bytes that `kind_of` needs.
BEGINNING = 4096
DOWNLOAD = "application/octet-stream"
TEXT = "text/plain"

#: Pictures that are re-encoded (pictures.py): first bytes -> type.
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_SOUNDS = (
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"fLaC", "audio/flac"),
)
#: Brands of ISO base media files (ISO 14496-12 section 4.3).
_BRANDS = {
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"avif": "image/avif",
    b"avis": "image/avif",
}
_FILMS = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ",
                    b"dash", b"MSNV", b"f4v "})  # fmt: skip

#: Picture types that may be shown: the output of re-encoding only.
SHOWN_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_SHOWN = SHOWN_PICTURES | {
    "audio/mpeg", "audio/aac", "audio/flac", "audio/ogg", "audio/wav", "audio/mp4", "audio/webm",
    "video/mp4", "video/webm", "video/ogg", TEXT,
}  # fmt: skip


def kind_of(beginning: bytes, said: str = "") -> str:
    """The media type of a file by its beginning. `said`, the declared type, only chooses among
    types that the bytes allow."""
    for start, kind in _PICTURES + _SOUNDS:
        if beginning.startswith(start):
            return kind
    if beginning[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(beginning[8:12], DOWNLOAD)
    if beginning[4:8] == b"ftyp":
        brand = beginning[8:12]
        return _BRANDS.get(brand, "video/mp4" if brand in _FILMS else DOWNLOAD)
    if beginning[:4] == b"OggS":
        return "video/ogg" if said.startswith("video/") else "audio/ogg"
    if beginning[:4] == b"\x1aE\xdf\xa3" and b"webm" in beginning[:64]:
        return "audio/webm" if said.startswith("audio/") else "video/webm"
    return TEXT if is_text(beginning) else DOWNLOAD


def is_text(beginning: bytes) -> bool:
    """Is it UTF-8 without control characters that text never has?"""
    if set(beginning) & _UNTYPED:
        return False
    try:
        whole = len(beginning) < BEGINNING
        codecs.getincrementaldecoder("utf-8")().decode(beginning, final=whole)
    except UnicodeDecodeError:
        return False
    return True


_UNTYPED = frozenset({*range(0x20), 0x7F}) - frozenset(b"\t\n\f\r\x1b")


def is_picture(kind: str) -> bool:
    return kind.startswith("image/")


def is_shown(kind: str) -> bool:
    """May a browser show this type from the server's own origin?"""
    return kind in _SHOWN


def is_taken(kind: str, said: str, types: tuple[str, ...]) -> bool:
    """Does the setting files.types allow the file? Types that cannot be detected count as
    declared."""
    known = kind if kind not in (DOWNLOAD, TEXT) else said or kind
    return not types or any(each in (known, f"{known.partition('/')[0]}/*") for each in types)
