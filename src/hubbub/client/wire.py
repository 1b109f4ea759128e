"""Bytes <-> lines <-> messages, without I/O.

The grammar lives in `hubbub.dialects`, where the server reads the same lines; this file is the
client's side of it: a `Message` that answers questions, and reading that never raises for what the
other side sent. A line that is no message is no message, and a person has no use for the exception.
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
        """The parameter at `index` (negative: from the end), or `default` where there is none."""
        try:
            return self.params[index]
        except IndexError:
            return default

    def encode(self) -> bytes:
        """The message as it goes on the wire, CR LF included.

        Raises ValueError for a message that cannot be written: that is a mistake of the caller, who
        would else smuggle a second command into the line.
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
    """Can it stand before other parameters?"""
    return text != "" and text[0] != ":" and " " not in text


def parse(line: bytes) -> Message | None:
    """The message in one line without its end, or None when there is none.

    Bytes that are not UTF-8 come out as lone surrogates, so that a view can show exactly which
    bytes they were.
    """
    try:
        read = irc.parse(line.decode("utf-8", "surrogateescape"))
    except irc.NotAMessage:
        return None
    return Message(read.command, read.params, read.source or "", read.tags or {})


class LineBuffer:
    """Whole lines out of whatever pieces the network delivers; a line over `limit` bytes is
    dropped.
    """

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._splitter = LineSplitter(limit)

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, without their ends; empty ones are left out."""
        return [line for line in self._splitter.feed(data) if isinstance(line, bytes) and line]
