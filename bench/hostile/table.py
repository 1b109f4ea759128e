"""Write docs/security-tests.md: one row per attack, with the figure that it printed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .families import ATTACKS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security-tests.md"
HEAD = "| | what is done | demanded | command | figure |"


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def figures() -> dict[str, str]:
    """The figures on the page, by number."""
    rows = [cells(line) for line in PAGE.read_text("utf-8").splitlines() if line[:3] == "| S"]
    return {row[0]: row[-1] for row in rows}


def table(figures: Mapping[str, str]) -> str:
    lines = [HEAD, "|---|---|---|---|---|"]
    for each in ATTACKS.values():
        command = f"`python3 bench/hostile --full {each.number}`"
        figure = figures.get(each.number, "").replace("|", "/")
        lines.append(f"| {each.number} | {each.what} | {each.demanded} | {command} | {figure} |")
    return "\n".join(lines) + "\n"


def write(new: Mapping[str, str]) -> None:
    """Make the page's table anew, with these figures; the others stay."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(HEAD)
    after = rest[rest.index("\n\n") :] if "\n\n" in rest else ""
    old = figures()
    PAGE.write_text(before + table({**old, **new}) + after.removeprefix("\n"), "utf-8")
