"""Find the recipients of each change, and hold back their output until it is on disk."""
