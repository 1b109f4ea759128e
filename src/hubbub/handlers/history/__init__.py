"""What was said before: read back, played back, found."""
