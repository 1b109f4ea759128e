"""One command from start to finish.

| file | what is done there |
|---|---|
| `hub.py` | who comes and goes; which handler a message is for, and its steps one by one |
| `recording.py` | the one door for every change: appended, applied, its audience worked out |
| `answering.py` | what the asker is told, and in which shape |
"""

from .hub import Hub

__all__ = ["Hub"]
