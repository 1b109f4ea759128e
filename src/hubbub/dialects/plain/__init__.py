"""Plain text for people: a name, then every line is a message. Nothing to install, no PING duty."""
