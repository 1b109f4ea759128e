"""The current state of the network. `Network.apply(entry)` is the only way to change it."""
