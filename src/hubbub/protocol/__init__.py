"""What all dialects share: messages, lines, numerics, names, modes, times. No I/O."""
