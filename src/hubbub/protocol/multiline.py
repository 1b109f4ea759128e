"""Messages of several lines: how one text and its lines become each other.

A text has line feeds where its author broke it. Where a line was cut only because it was too long
for one IRC line, the places are kept in the tag `draft/multiline-concat` of the stored message, as
offsets into the text: `12,40`. On the wire that tag stands on the line that continues, without a
value (IRCv3 draft/multiline).
"""

from __future__ import annotations

from collections.abc import Sequence

CONCAT = "draft/multiline-concat"


def with_cuts(lines: Sequence[tuple[str, bool]]) -> tuple[str, str]:
    """The text of lines (text, joined to the one before?), and the offsets of its cuts."""
    text, cuts = "", []
    for number, (line, concat) in enumerate(lines):
        if number and concat:
            cuts.append(str(len(text)))
        elif number:
            text += "\n"
        text += line
    return text, ",".join(cuts)


def lines_of(text: str, cuts: str) -> list[tuple[str, bool]]:
    """The inverse of `with_cuts`."""
    places = {int(cut) for cut in cuts.split(",") if cut}
    lines: list[tuple[str, bool]] = []
    start = offset = 0
    concat = False
    while offset <= len(text):
        at_end, broken = offset == len(text), text[offset : offset + 1] == "\n"
        if at_end or broken or (offset in places and offset > start):
            lines.append((text[start:offset], concat))
            concat = not broken
            start = offset + broken
        offset += 1
    return lines
