"""The notes of HANDOVER, in memory (handlers/sessions/handover.py)."""

from __future__ import annotations

import hmac
from typing import NamedTuple

from ...model.fair_shares import FairShares

#: Maximum notes of all users; a further one replaces the oldest of the account with the most.
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
        self._shares: FairShares[int] = FairShares(MOST)

    def leave(self, session: int, note: Note) -> None:
        self._notes[session] = note
        for gone in self._shares.add(session, note.account):
            del self._notes[gone]

    def drop(self, session: int) -> Note | None:
        self._shares.drop(session)
        return self._notes.pop(session, None)

    def take(self, session: int, secret: str) -> Note | None:
        """Take a note, once. A wrong secret leaves it in place, the right one removes it."""
        note = self._notes.get(session)
        if note is None or not hmac.compare_digest(note.secret.encode(), secret.encode()):
            return None
        return self.drop(session)
