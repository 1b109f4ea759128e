"""The server: asking about it, and running it."""
