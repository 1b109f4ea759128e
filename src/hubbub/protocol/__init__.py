"""The currency of every dialect: messages, lines, numerics, names, modes, times. No I/O."""
