"""Authentication: passwords, SCRAM, OAuth tokens, mail. All slow, so workers run it."""
