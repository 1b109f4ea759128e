"""Process one command from start to finish.

| file | contents |
|---|---|
| `hub.py` | choose the handler of a message and execute its steps |
| `sessions.py` | connected clients: how they come, leave and are noted in chat.log |
| `recording.py` | every change: append the event, apply it, find its audience |
| `answering.py` | the reply to the client that sent the command, and its form |
"""

from .hub import Hub

__all__ = ["Hub"]
