"""The event classes, the facts of each class, and the conversations that events belong to."""
