"""The notes of HANDOVER, in memory (handlers/sessions/handover.py)."""

from __future__ import annotations

import hmac
from typing import NamedTuple

#: Maximum notes of all users; a further one replaces the oldest.
MOST = 1000


class Note(NamedTuple):
    secret: str
    sealed: str
    until: int  # ms since 1970
    account: str


class Notes:
    """Notes by the session that left them."""

    def __init__(self) -> None:
        self._notes: dict[int, Note] = {}

    def leave(self, session: int, note: Note) -> None:
        self._notes.pop(session, None)
        while len(self._notes) >= MOST:
            del self._notes[next(iter(self._notes))]
        self._notes[session] = note

    def drop(self, session: int) -> Note | None:
        return self._notes.pop(session, None)

    def take(self, session: int, secret: str) -> Note | None:
        """Take a note, once. A wrong secret leaves it in place, the right one removes it."""
        note = self._notes.get(session)
        if note is None or not hmac.compare_digest(note.secret.encode(), secret.encode()):
            return None
        return self.drop(session)
