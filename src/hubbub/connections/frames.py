"""Lines as WebSocket frames, as servers send them: unmasked, each whole (RFC 6455 section 5.2).

One message is one IRC line without its ending (ratified IRCv3 specification "websocket"). This is
called once for an audience, not once for each of its members, because nothing in a frame depends on
who gets it: no compression, no mask.
"""

_TEXT = 0x81  # final frame, text
_BINARY = 0x82

# The head of a frame by the length of its payload. Hardly any IRC line is longer than this table.
_TEXT_HEADS = [bytes((_TEXT, size)) for size in range(126)]
_TEXT_HEADS += [bytes((_TEXT, 126, *size.to_bytes(2, "big"))) for size in range(126, 1024)]
_BINARY_HEADS = [bytes((_BINARY, *head[1:])) for head in _TEXT_HEADS]


def text_frames(lines: bytes) -> bytes:
    """Text frames; what is not UTF-8 is replaced, since a browser would end the connection."""
    try:
        lines.decode()
    except UnicodeDecodeError:
        lines = b"\n".join(_repaired(line) for line in lines.split(b"\n"))
    return _frames(lines, _TEXT_HEADS)


def binary_frames(lines: bytes) -> bytes:
    """Binary frames, byte for byte."""
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
