"""Process one command from start to finish.

| file | contents |
|---|---|
| `hub.py` | sessions; choose the handler of a message and execute its steps |
| `recording.py` | every change: append the event, apply it, find its audience |
| `answering.py` | the reply to the client that sent the command, and its form |
"""

from .hub import Hub

__all__ = ["Hub"]
