"""Convert between bytes, lines and messages, without I/O.

The grammar is in `hubbub.protocol`, which the server uses as well. This file adds the client's
side: a `Message` with accessors, and parsing that never raises for input of the server; a line that
is no message yields None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hubbub.protocol import codec as irc
from hubbub.protocol import message as wire
from hubbub.protocol.codec import escape_tag
from hubbub.protocol.lines import LineSplitter

__all__ = ["MAX_LINE", "LineBuffer", "Message", "escape_tag", "is_word", "parse"]

MAX_LINE = 65_536
"""Longest line read, in bytes. IRCv3 allows 8,191 of tags and 512 of the rest; a server may
announce more by LINELEN.
"""


@dataclass(frozen=True, slots=True)
class Message:
    """One IRC message. `source` is `nick!user@host` or a server's name; `command` is upper case."""

    command: str
    params: Sequence[str] = ()
    source: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def nick(self) -> str:
        return self.source.partition("!")[0].partition("@")[0]

    def param(self, index: int, default: str = "") -> str:
        """The parameter at `index` (negative: from the end), or `default` if there is none."""
        try:
            return self.params[index]
        except IndexError:
            return default

    def encode(self) -> bytes:
        """Serialize the message, CR LF included.

        Raises ValueError for a message that cannot be sent. That is an error of the caller, which
        could otherwise inject a second command.
        """
        for word in self.params[:-1]:
            if not is_word(word):
                raise ValueError(f"only the last parameter may be empty or hold spaces: {word!r}")
        line = irc.format(
            wire.Message(self.command, tuple(self.params), dict(self.tags), self.source)
        )
        if any(forbidden in line for forbidden in "\r\n\0"):
            raise ValueError(f"a line cannot hold CR, LF or NUL: {line!r}")
        return line.encode("utf-8", "surrogateescape") + b"\r\n"


def is_word(text: str) -> bool:
    """Can the text stand before other parameters?"""
    return text != "" and text[0] != ":" and " " not in text


def parse(line: bytes) -> Message | None:
    """Parse one line without its ending; None if it holds no message.

    Bytes that are not UTF-8 become lone surrogates, so that a view can show exactly those bytes.
    """
    try:
        read = irc.parse(line.decode("utf-8", "surrogateescape"))
    except irc.NotAMessage:
        return None
    return Message(read.command, read.params, read.source or "", read.tags or {})


class LineBuffer:
    """Splits a stream into lines; lines over `limit` bytes are dropped."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._splitter = LineSplitter(limit)

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, without endings and without empty lines."""
        return [line for line in self._splitter.feed(data) if isinstance(line, bytes) and line]


def number(text: str, default: int) -> int:
    """A number that a server sent; the default for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else default
