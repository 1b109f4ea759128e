"""How this program was started: from a clone or as an installed package."""

from __future__ import annotations

from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]


def command_line() -> str:
    """The command to put before `backup` and the like: a script of the clone, or `hubbub`."""
    return "python3 hubbub" if (CLONE / "hubbub").is_file() else "hubbub"
