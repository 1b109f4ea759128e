"""A connection: how it comes in, what it is told, how it goes."""
