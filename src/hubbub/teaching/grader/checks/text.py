"""Letters of more than one byte, and bytes that are no letters."""

from __future__ import annotations

from ...shown import shown
from ..check import check
from ..stage import Stage


@check(
    "text.split", 4, "line.split",
    "A letter of several bytes may be cut, too.",
    "bytes are decoded before the line is whole. Split into lines first, then decode each.",
)  # fmt: skip
def split(stage: Stage) -> None:
    talk = stage.conversation()
    for letter in ("\N{LATIN SMALL LETTER E WITH ACUTE}", "\N{GRINNING FACE}"):
        for cut in range(1, len(letter.encode())):
            before, after = f"{stage.text()} {letter}", f"{letter} end"
            data, at = f"{before}{after}\n".encode(), len(before.encode()) - len(letter.encode())
            stage.send_in_pieces(talk.speaker, [data[: at + cut], data[at + cut :]])
            talk.expect(before + after)


@check(
    "text.bad", 4, "line.split",
    "Bytes that are not UTF-8 are replaced or shown, and the next line is fine again.",
    "decode() raised UnicodeDecodeError, and that ended the connection or the program; or the bytes"
    " were passed on. decode(\"utf-8\", \"replace\") never raises.",
)  # fmt: skip
def bad(stage: Stage) -> None:
    talk, line = stage.conversation(), stage.text()
    stage.send_in_pieces(talk.speaker, [b"x \xff\xfe\x80 y\n", f"{line}\n".encode()])
    wanted = (talk.before + line).encode()
    stage.loop.until(lambda: wanted in talk.hearer.said or talk.hearer.ended)
    for received in talk.hearer.said:
        if not _is_utf8(received):
            raise stage.failure(f"{talk.hearer.label} receives UTF-8", f"{shown(received)}<LF>")
    while talk.hearer.said and talk.hearer.said[0] != wanted:
        talk.hearer.said.popleft()
    talk.expect(line)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
