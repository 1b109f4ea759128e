"""Draw bars as SVG, for the README: groups of bars beside each other, with their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, LABELS, BAR, GAP, TOP, BOTTOM = 760, 210, 18, 14, 54, 34
COLOURS = {True: "#0b6e4f", False: "#9aa5b1"}
FONT = "font-family='system-ui, sans-serif'"


def bars(
    title: str, groups: Mapping[str, Sequence[tuple[str, float]]], note: str, *, strong: str
) -> str:
    """An SVG with a bar for each (name, value) of each group; the bars named `strong` stand out.

    A line marks the value 1. `note` is printed below.
    """
    most = max((value for group in groups.values() for _, value in group), default=1.0)
    scale = (WIDTH - LABELS - 60) / max(most, 1.0)
    parts: list[str] = []
    y = TOP
    for name, group in groups.items():
        parts.append(_text(12, y + BAR * 0.75, name, "font-weight='600'"))
        for server, value in group:
            parts += _bar(y, server, value, scale, strong=server == strong)
            y += BAR
        y += GAP
    one = LABELS + scale
    line = f"<line x1='{one:.1f}' x2='{one:.1f}' y1='{TOP - 6}' y2='{y - GAP + 6}' stroke='#333'/>"
    height = y + BOTTOM
    return "\n".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' role='img'>",
            f"<title>{escape(title)}</title>",
            f"<rect width='{WIDTH}' height='{height}' fill='#fff'/>",
            _text(12, 28, title, "font-weight='600' font-size='16'"),
            *parts,
            line,
            _text(12, height - 14, note, "font-size='11' fill='#555'"),
            "</svg>\n",
        ]
    )


def _bar(y: int, name: str, value: float, scale: float, *, strong: bool) -> list[str]:
    width = max(1.0, value * scale)
    return [
        _text(LABELS - 8, y + BAR * 0.75, name, "text-anchor='end'"),
        f"<rect x='{LABELS}' y='{y + 2}' width='{width:.1f}' height='{BAR - 4}'"
        f" fill='{COLOURS[strong]}'/>",
        _text(LABELS + width + 6, y + BAR * 0.75, f"{value:.2f}", ""),
    ]


def _text(x: float, y: float, text: str, style: str) -> str:
    size = "" if "font-size" in style else " font-size='13'"
    return f"<text x='{x:.1f}' y='{y:.1f}' {FONT}{size} {style}>{escape(text)}</text>"
