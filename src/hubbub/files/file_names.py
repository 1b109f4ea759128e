"""Make file names from requests harmless."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

LONGEST = 120  # maximum characters of a name
_LONGEST_IN_LINK = 90  # maximum bytes, percent-encoded
#: Names that Windows reserves.
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f-\x9f]')
#: Bidirectional controls: with them photo_gpj.exe can look like photo_exe.jpg.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(name: str) -> str:
    """Make a name harmless for file systems, terminals and readers."""
    name = unicodedata.normalize("NFC", name)
    name = name.replace("\\", "/").rpartition("/")[2]
    name = "".join(each for each in name if unicodedata.category(each) not in _HIDDEN)
    name = re.sub(r"\s+", " ", _FORBIDDEN.sub("_", name)).strip(" .")
    if not name:
        return "file"
    if _RESERVED.match(name):
        name = f"_{name}"
    return _cut(name, LONGEST)


def _cut(name: str, longest: int) -> str:
    """Shorten a name but keep its extension."""
    if len(name) <= longest:
        return name
    stem, ending = split(name)
    return f"{stem[: longest - len(ending)].rstrip(' .')}{ending}"


def split(name: str) -> tuple[str, str]:
    """Split a name into stem and extension, such as "photo" and ".jpg"."""
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem or not re.fullmatch(r"[A-Za-z0-9]{1,10}", ending):
        return name, ""
    return stem, f".{ending}"


def in_link(name: str) -> str:
    """The name as the last part of a link: percent-encoded, short, without spaces."""
    stem, ending = split(name.replace(" ", "_"))
    while len(quote(stem)) > _LONGEST_IN_LINK:
        stem = stem[:-1]
    return quote(f"{stem}{ending}", safe="")


def from_disposition(field: str) -> str:
    """The file name in a Content-Disposition header (RFC 6266), or ""."""
    extended = re.search(r"""filename\*\s*=\s*([A-Za-z0-9-]+)'[^']*'([^;\s]+)""", field)
    if extended:
        try:
            return unquote_to_bytes(extended[2]).decode(extended[1])
        except (LookupError, UnicodeError):  # unknown encoding, or invalid text in it
            pass
    found = re.search(r'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))', field)
    if not found:
        return ""
    text = re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]
    try:  # browsers and curl send UTF-8, which HTTP decodes as Latin-1
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def disposition(kind: str, name: str) -> str:
    """A Content-Disposition header with this name (RFC 6266 appendix D). `kind` is inline or
    attachment."""
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
