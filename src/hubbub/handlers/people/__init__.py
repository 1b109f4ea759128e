"""Users: queries about them, notifications, metadata."""
