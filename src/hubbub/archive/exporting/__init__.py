"""What was said, written out for other programs (JSON Lines) and for people (HTML pages)."""
