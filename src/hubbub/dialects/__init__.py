"""Convert between bytes and messages, for each kind of client. No I/O."""
