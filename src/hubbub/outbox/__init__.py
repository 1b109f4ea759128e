"""CHANGE -> who is told -> the bytes waiting for each of them."""
