"""What is true now; `Network.apply(entry)` is the only door to it."""
