"""The server: queries about it, and its administration."""
