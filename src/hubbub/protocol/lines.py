"""Bytes into lines, whatever the packet boundaries.

A line ends with LF, a CR before it is dropped. A line longer than the limit is reported once and
its rest is skipped, so the buffer never grows beyond the limit. One that goes on and on is reported
once more: whoever sends it has to go.
"""

from __future__ import annotations


class LineTooLong:
    """Stands in the list of lines where a too long one was dropped."""


TOO_LONG = LineTooLong()
ENDLESS = LineTooLong()


class LineSplitter:
    __slots__ = ("_buffer", "_endless", "_longest", "_skipped", "_skipping")

    def __init__(self, longest: int, endless: int = 1 << 62) -> None:
        self._buffer = b""
        self._longest = longest  # bytes, without the line ending
        self._endless = endless  # bytes, with a CR
        self._skipped = 0  # of the line that is too long
        self._skipping = False

    def feed_text(self, data: bytes) -> list[str] | None:
        """The lines of a read about which nothing is special, as most are: whole lines of text that
        end with CR LF, none of which can be too long. None: `feed` takes it."""
        if self._buffer or self._skipping or len(data) > self._longest or data[-2:] != b"\r\n":
            return None
        try:
            lines = data[:-2].decode().split("\r\n")
        except UnicodeDecodeError:
            return None
        rest = "".join(lines)
        return None if "\n" in rest or "\r" in rest or "\0" in rest else lines

    def feed(self, data: bytes) -> list[bytes | LineTooLong]:
        """The lines that `data` completes, in order."""
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
        """What came after the last line ending."""
        return self._buffer
