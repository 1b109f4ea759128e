"""Bytes into lines, whatever the packet boundaries.

A line ends with LF, a CR before it is dropped. A line longer than the limit is reported once and
its rest is skipped, so the buffer never grows beyond the limit.
"""

from __future__ import annotations


class LineTooLong:
    """Stands in the list of lines where a too long one was dropped."""


TOO_LONG = LineTooLong()


class LineSplitter:
    __slots__ = ("_buffer", "_longest", "_skipping")

    def __init__(self, longest: int) -> None:
        self._buffer = b""
        self._longest = longest  # bytes, without the line ending
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes | LineTooLong]:
        """The lines that `data` completes, in order."""
        if self._buffer:
            data = self._buffer + data
        parts = data.split(b"\n")
        rest = parts.pop()
        lines: list[bytes | LineTooLong] = []
        for line in parts:
            if self._skipping:
                self._skipping = False
                continue
            line = line.removesuffix(b"\r")
            lines.append(line if len(line) <= self._longest else TOO_LONG)
        if self._skipping:
            rest = b""
        elif len(rest) > self._longest + 1:  # a CR may be the last
            lines.append(TOO_LONG)
            self._skipping = True
            rest = b""
        self._buffer = rest
        return lines

    def rest(self) -> bytes:
        """What came after the last line ending."""
        return self._buffer
