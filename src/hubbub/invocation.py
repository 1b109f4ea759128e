"""How this process was called: from a clone or as an installed package."""

from __future__ import annotations

from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]


def command_line() -> str:
    """What people type before `backup` and the like: a script of a clone, or what is installed."""
    return "python3 hubbub" if (CLONE / "hubbub").is_file() else "hubbub"
