"""BYTES into messages and back, for each kind of client. No I/O."""
