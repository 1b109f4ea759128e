"""The event log: events in one order, on disk before anyone is told."""
