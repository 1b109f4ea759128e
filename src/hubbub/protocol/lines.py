"""Split a stream of bytes into lines, independent of packet boundaries.

A line ends with LF; a CR before it is dropped. A line longer than the limit is reported once as
TOO_LONG and its rest is skipped, so the buffer never grows beyond the limit. If the same line goes
on beyond a second limit it is reported as ENDLESS: the client has to be disconnected.
"""

from __future__ import annotations


class LineTooLong:
    """Replaces an overlong line in the list of lines."""


TOO_LONG = LineTooLong()
ENDLESS = LineTooLong()


class LineSplitter:
    __slots__ = ("_buffer", "_endless", "_longest", "_skipped", "_skipping")

    def __init__(self, longest: int, endless: int = 1 << 62) -> None:
        self._buffer = b""
        self._longest = longest  # bytes, without the line ending
        self._endless = endless  # bytes, with a CR
        self._skipped = 0  # bytes seen of the overlong line
        self._skipping = False

    def feed_text(self, data: bytes) -> list[str] | None:
        """Quick path of a read of whole text lines (general: feed). Returns them as text.

        Returns None if the read needs `feed`: it does not end in CR LF, is longer than one line may
        be, is not UTF-8, holds a bare CR, LF or NUL, or continues an earlier read.
        """
        if self._buffer or self._skipping or len(data) > self._longest:
            return None
        try:
            lines = data.decode().split("\r\n")
        except UnicodeDecodeError:
            return None
        rest = "".join(lines)
        if lines.pop():
            return None
        return None if "\n" in rest or "\r" in rest or "\0" in rest else lines

    def feed(self, data: bytes) -> list[bytes | LineTooLong]:
        """Return the lines that `data` completes, in order, as bytes without line endings."""
        # General path (quick: feed_text).
        if self._buffer:
            data = self._buffer + data
        parts = data.split(b"\n")
        rest = parts.pop()
        lines: list[bytes | LineTooLong] = []
        for line in parts:
            if self._skipping:
                self._skip(line, lines)
                self._skipping = False
            elif len(line) <= self._longest:
                lines.append(line.removesuffix(b"\r"))
            elif len(line) == self._longest + 1 and line[-1:] == b"\r":
                lines.append(line[:-1])
            else:
                self._begin_to_skip(line, lines)
        if self._skipping:
            self._skip(rest, lines)
            rest = b""
        elif len(rest) > self._longest + 1:  # a CR may be the last
            self._begin_to_skip(rest, lines)
            self._skipping = True
            rest = b""
        self._buffer = rest
        return lines

    def _begin_to_skip(self, data: bytes, lines: list[bytes | LineTooLong]) -> None:
        lines.append(TOO_LONG)
        self._skipped = 0
        self._skip(data, lines)

    def _skip(self, data: bytes, lines: list[bytes | LineTooLong]) -> None:
        before = self._skipped
        self._skipped += len(data)
        if before <= self._endless < self._skipped:
            lines.append(ENDLESS)

    def rest(self) -> bytes:
        """The bytes after the last line ending."""
        return self._buffer
