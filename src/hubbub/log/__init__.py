"""EVENTS in one order, on disk before anyone is told."""
