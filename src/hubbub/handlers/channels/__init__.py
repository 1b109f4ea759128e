"""Channels: being in them, their modes, their names."""
