"""Everything that can happen, what is true of each kind, and which conversation it belongs to."""
