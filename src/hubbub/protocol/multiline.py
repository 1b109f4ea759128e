"""Multiline messages: convert between one text and the lines that it is sent in.

The text has line feeds where its author broke it. Where a line was cut only because it was too long
for one IRC line, the tag `draft/multiline-concat` of the stored message holds the offsets of the
cuts in the text, in characters: `12,40`. On the wire that tag stands without a value on the line
that continues the one before (IRCv3 draft/multiline).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

CONCAT = "draft/multiline-concat"


def with_cuts(lines: Sequence[tuple[str, bool]]) -> tuple[str, str]:
    """Join lines, each (text, continues the one before?), into the text and the offsets of its
    cuts."""
    text, cuts = "", []
    for number, (line, concat) in enumerate(lines):
        if number and concat:
            cuts.append(str(len(text)))
        elif number:
            text += "\n"
        text += line
    return text, ",".join(cuts)


def lines_of(text: str, cuts: str) -> list[tuple[str, bool]]:
    """Split a text at its line feeds and cuts; the inverse of `with_cuts`."""
    places = sorted({int(cut) for cut in cuts.split(",") if cut})
    lines: list[tuple[str, bool]] = []
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        inside = places[bisect_right(places, start) : bisect_left(places, end)]
        pieces = pairwise((start, *inside, end))
        lines += [(text[first:last], first > start) for first, last in pieces]
        start = end + 1
    return lines
