"""Parse and format one IRC line (RFC 1459 section 2.3.1; IRCv3 message-tags "Format")."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .message import Message

_UNESCAPED = {":": ";", "s": " ", "r": "\r", "n": "\n", "\\": "\\"}
_TO_ESCAPE = re.compile(r"[; \r\n\\]")
_ESCAPED = str.maketrans({";": r"\:", " ": r"\s", "\r": r"\r", "\n": r"\n", "\\": r"\\"})
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)


class NotAMessage(ValueError):
    """The line holds no command."""


def unescape_tag(value: str) -> str:
    r"""A tag's value from its form on the wire. An unknown or lone backslash is dropped."""
    if "\\" not in value:
        return value
    return _ESCAPE.sub(lambda found: _UNESCAPED.get(found[1], found[1]), value)


def escape_tag(value: str) -> str:
    return value.translate(_ESCAPED) if _TO_ESCAPE.search(value) else value


def parse_tags(text: str) -> dict[str, str]:
    """Parse `a=b;+c` into a dict. The last of equal keys counts; a missing value is empty."""
    tags: dict[str, str] = {}
    for item in text.split(";"):
        key, _, value = item.partition("=")
        if key:
            tags[key] = unescape_tag(value)
    return tags


def format_tags(tags: Iterable[tuple[str, str]]) -> str:
    """Keys and values as they stand between `@` and the space. Every tag that leaves this server is
    written here, whoever chose its value."""
    return ";".join([f"{key}={escape_tag(value)}" if value else key for key, value in tags])


def parse(line: str) -> Message:
    """Parse `line`, which has no line ending. Raises NotAMessage if it holds no command."""
    tags = source = None
    if line[:1] == "@":
        head, _, line = line[1:].partition(" ")
        tags = parse_tags(head)
        line = line.lstrip(" ")
    if line[:1] == ":":
        source, _, line = line[1:].partition(" ")
    # Split at the first " :": everything after it is one parameter, spaces included.
    head, colon, trailing = line.partition(" :")
    words = head.split(" ")
    if "" in words:
        words = [word for word in words if word]
    if not words:
        raise NotAMessage(line)
    if colon:
        words.append(trailing)
    return Message(words[0].upper(), tuple(words[1:]), tags, source)


def format(message: Message) -> str:
    """Serialize `message` into a line without line ending."""
    parts = []
    if message.tags:
        parts.append("@" + format_tags(message.tags.items()))
    if message.source:
        parts.append(":" + message.source)
    parts.append(message.command)
    parts.append(join_params(message.params))
    return " ".join(part for part in parts if part)


def fit(line: str, longest: int) -> str:
    """Cut a line, given without tags and line ending, to `longest` bytes with its line ending. Only
    names and texts of maximum length together make a line too long."""
    if len(line) <= longest // 4:  # four bytes a character at most
        return line
    data = line.encode()
    return line if len(data) <= longest - 2 else data[: longest - 2].decode(errors="ignore")


def join_params(params: tuple[str, ...]) -> str:
    """Join parameters as they are sent; only the last may contain spaces or be empty."""
    if not params:
        return ""
    *middle, last = params
    if not last or last[0] == ":" or " " in last:
        last = ":" + last
    return " ".join((*middle, last))
