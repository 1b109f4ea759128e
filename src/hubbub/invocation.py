"""How this program was started: from a clone or as an installed package."""

from __future__ import annotations

from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]


_SCRIPTS = {"serve": "server.py", "client": "client.py"}


def command_line(command: str = "") -> str:
    """How to type this command, or what to put before any: the clone's script, or `hubbub`."""
    if not (CLONE / "hubbub").is_file():
        return f"hubbub {command}".rstrip()
    return f"python3 {_SCRIPTS.get(command, f'hubbub {command}'.rstrip())}"
