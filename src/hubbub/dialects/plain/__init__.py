"""Plain text for people with netcat: the first line is a name, further lines are messages."""
