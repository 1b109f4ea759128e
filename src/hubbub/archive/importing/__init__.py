"""What was said elsewhere comes into the log: logs of IRC clients, exports of other services."""
