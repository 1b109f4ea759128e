"""Add and remove sessions: greet a client that connected, record that it left, note in chat.log the
clients that never logged in.

Every end of a session passes `SessionRegistry.disconnect_locked`: its own QUIT, a broken
connection, a timeout, an operator's KILL, the end of the server.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from functools import partial

from ..events.kinds import AwayChanged, SessionDetached, UserQuit
from ..handlers.accounts.throttle import Throttle
from ..handlers.command_table import Disconnect
from ..handlers.context import Context
from ..handlers.sessions import presence
from ..model.accounts import network_of
from ..model.bans import Suspect
from ..model.user import NOT_CONNECTED, User
from ..outbox.audience import Audiences
from ..outbox.batch import PrivateDelivery
from ..outbox.outbox import Outbox
from ..peer import Peer
from ..session import Session
from .recording import Recorder

#: Lines in chat.log about clients of one address that never logged in, in a burst and per minute
#: after that; of all addresses 16 times as many.
REMARKS = 60


class SessionRegistry:
    """The connected clients, by number in `Context.sessions`."""

    def __init__(
        self,
        context: Context,
        audiences: Audiences,
        outbox: Outbox,
        recorder: Recorder,
        lock: threading.Lock,
    ) -> None:
        self._context = context
        self._network = context.network
        self._sessions = context.sessions
        self._audiences = audiences
        self._outbox = outbox
        self._recorder = recorder
        self._lock = lock
        self._numbers = itertools.count(1)
        self._remarks = Throttle(REMARKS, REMARKS)

    def ban_on(self, address: str) -> str | None:
        """Return why this address is banned, or None."""
        with self._lock:
            self._recorder.tick_locked()
            ban = self._network.bans.against(Suspect(address, (), None), self._context.now)
            return ban.reason if ban is not None else None

    def connect(self, make: Callable[[int], Session]) -> Session:
        """Add a session. `make` gets its number. Call it in the session's own thread."""
        with self._lock:
            session = make(next(self._numbers))
            self._sessions[session.id] = session
        return session

    def greet(self, session: Session) -> None:
        lines = session.dialect.greeting(session)
        if lines:
            with self._lock:
                self._outbox.answer_locked(PrivateDelivery(session, lines, past=True))

    def disconnect(self, session: Session, reason: str, *, tell: bool = False) -> None:
        """Remove a session; with `tell`, notify the client first. A second call does nothing."""
        with self._lock:
            self._recorder.tick_locked()
            self.disconnect_locked(session, reason, tell)

    def disconnect_locked(self, session: Session, reason: str, tell: bool) -> None:
        if self._sessions.pop(session.id, None) is None:
            return
        self._context.monitors.forget(session)
        was_waiting = session.run is not None
        session.stop()
        session.sasl = None
        user = session.user
        if user is None:
            self._remark_locked(session.peer, f"left without logging in ({reason})")
        else:
            self._leave_locked(session, user, reason)
        if was_waiting:  # the answer it waited for will not be sent
            self._outbox.when_synced_locked(partial(session.thread.call, session.stop_holding))
        if tell:
            lines = session.dialect.farewell(session, reason)
            self._outbox.answer_locked(PrivateDelivery(session, lines, past=self._outbox.stuck))
            self._outbox.when_synced_locked(partial(session.thread.call, session.close), past=True)

    def expel_locked(self, step: Disconnect) -> None:
        other = self._sessions.get(step.session)
        if other is not None:
            self.disconnect_locked(other, step.reason, tell=True)

    def _leave_locked(self, session: Session, user: User, reason: str) -> None:
        """A connection of `user` ended. The user quits with the last one, unless always-on."""
        if len(user.sessions) == 1 and not self._network.stays(user):
            places = self._network.whereabouts(user)
            self._recorder.record_locked(UserQuit(user.id, user.source, reason, *places), session)
            return
        self._recorder.record_locked(SessionDetached(user.id, session.id), session)
        for event in presence.tell_away(self._context, user):
            self._recorder.record_locked(event, session)
        if not user.sessions and user.away is None and self._network.goes_away(user):
            self._recorder.record_locked(AwayChanged(user.id, user.source, NOT_CONNECTED), session)

    def remark(self, peer: Peer, text: str) -> None:
        """Add a line to chat.log about a connection that never became a session."""
        with self._lock:
            self._recorder.tick_locked()
            self._remark_locked(peer, text)

    def _remark_locked(self, peer: Peer, text: str) -> None:
        """A line about a client that is nobody. Those of one address and of all are limited, since
        they push older lines out of chat.log."""
        now, address = self._context.now, ("address", network_of(peer.host))
        if self._remarks.spend(address, now) and self._remarks.spend(("all", ""), now, 1 / 16):
            is_last = self._remarks.left(address, now) < 1
            more = "; more of its kind are not written for a minute" if is_last else ""
            self._outbox.remark_locked(now, f"{peer} {text}{more}")
