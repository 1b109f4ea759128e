"""Messages: sending, editing, deleting, files, retries."""
