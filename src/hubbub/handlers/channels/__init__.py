"""Channels: membership, modes, renames."""
