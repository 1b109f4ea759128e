"""People: asking about them, being told of them, what they say of themselves."""
