"""Hubbub: one command, one port, every client, nothing lost."""

__version__ = "0.1.0"
