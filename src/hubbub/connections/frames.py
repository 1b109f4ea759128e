"""Encode lines as WebSocket frames of a server: unmasked, unfragmented (RFC 6455 section 5.2).

One message holds one IRC line without its ending (IRCv3 specification "websocket"). Frames are
encoded once for an audience, not per member: without compression and masks nothing in a frame
depends on the recipient.
"""

_TEXT = 0x81  # final frame, text
_BINARY = 0x82

# Frame headers by payload length. Nearly all IRC lines are shorter than this table.
_TEXT_HEADS = [bytes((_TEXT, size)) for size in range(126)]
_TEXT_HEADS += [bytes((_TEXT, 126, *size.to_bytes(2, "big"))) for size in range(126, 1024)]
_BINARY_HEADS = [bytes((_BINARY, *head[1:])) for head in _TEXT_HEADS]


def text_frames(lines: bytes) -> bytes:
    """Encode as text frames. Invalid UTF-8 is replaced, because browsers close on it."""
    try:
        lines.decode()
    except UnicodeDecodeError:
        lines = b"\n".join(_repaired(line) for line in lines.split(b"\n"))
    return _frames(lines, _TEXT_HEADS)


def binary_frames(lines: bytes) -> bytes:
    """Encode as binary frames, unchanged."""
    return _frames(lines, _BINARY_HEADS)


def _repaired(line: bytes) -> bytes:
    return line.decode("utf-8", "replace").encode()


def _frames(lines: bytes, heads: list[bytes]) -> bytes:
    parts = []
    for line in lines.split(b"\n"):
        if line[-1:] == b"\r":
            line = line[:-1]
        if line:
            size = len(line)
            parts.append(heads[size] if size < len(heads) else _long_head(heads[0][0], size))
            parts.append(line)
    return b"".join(parts)


def _long_head(kind: int, size: int) -> bytes:
    if size < 1 << 16:
        return bytes((kind, 126)) + size.to_bytes(2, "big")
    return bytes((kind, 127)) + size.to_bytes(8, "big")
