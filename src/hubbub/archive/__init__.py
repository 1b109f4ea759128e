"""Tools that work on the log file: import, export, backup, verify. Not used to deliver messages."""
