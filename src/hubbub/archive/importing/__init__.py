"""Import history into the log: logs of IRC clients, exports of other services."""
