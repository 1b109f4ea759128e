"""What HANDOVER keeps, in memory (handlers/sessions/handover.py)."""

from __future__ import annotations

import hmac
from typing import NamedTuple

#: Notes of all people; the oldest makes room.
MOST = 1000


class Note(NamedTuple):
    secret: str
    sealed: str
    until: int  # ms since 1970
    account: str


class Notes:
    """By the session that left them."""

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
        """Once: who asks with a wrong word does not end it, who asks with the right one does."""
        note = self._notes.get(session)
        if note is None or not hmac.compare_digest(note.secret.encode(), secret.encode()):
            return None
        return self.drop(session)
