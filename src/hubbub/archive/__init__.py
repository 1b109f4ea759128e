"""The offline tools of the log: import, export, backup, verify. No part of a message's way."""
