"""Messages: saying something, and what becomes of it."""
