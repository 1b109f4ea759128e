"""Export history for programs (JSON Lines) and for people (HTML pages)."""
